"""Whether it is AWS that has answered.

Another server in its place, such as one that an endpoint variable names or the login page of a network, may answer in
a form that botocore takes for an answer, or trips over. All of AWS's have a request id, in a header or in the document.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    import boto3

MOST = 1000  # bytes of what somebody else says
HEADERS = ("x-amzn-requestid", "x-amz-request-id")


class NotAws(BotoCoreError):
    """Somebody else has answered."""

    fmt = "the answer to {operation} has no request id, as all of AWS's have: {said}"


class Genuine:
    """Listens to a session's clients; what it raises is raised where the call is made. Errors tell by their code."""

    def __init__(self, session: boto3.Session) -> None:
        session.events.register_first("before-parse", self._parsing)

    def _parsing(self, operation_model: Any, response_dict: Any, **_: Any) -> None:
        if response_dict["status_code"] < 300 and not any(map(response_dict["headers"].get, HEADERS)) and (
                b"requestid" not in response_dict["body"].lower()):
            raise NotAws(operation=operation_model.name, service=operation_model.service_model.service_name,
                         said=response_dict["body"][:MOST].decode(errors="replace"))
