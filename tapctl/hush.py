"""What nobody is shown: secrets that AWS's own words quote, and what they are told by instead.

AWS's answer to a wrong signature quotes the request that was signed, session token and all; a refused parameter may be
quoted whole, be it a password, or a URL that is signed for another region.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

HIDDEN = "(hidden)"
SIGNED = re.compile(r"(x-amz-security-token(?:=|%3D|:\s*)|signature(?:=|%3D))[^\s&'\",<>]+", re.IGNORECASE)


def hushed(text: str) -> str:
    """Without session tokens and signatures."""
    return SIGNED.sub(rf"\g<1>{HIDDEN}", text)


@contextmanager
def hiding(secret: str) -> Iterator[None]:
    """Whatever error is raised meanwhile doesn't quote it. Empty: there is none."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if secret:
            error.args = tuple(str(arg).replace(secret, HIDDEN) for arg in error.args)
        if secret and isinstance(error, ClientError):
            said = error.response["Error"]
            said["Message"] = said["Message"].replace(secret, HIDDEN)
        raise
