"""The database's master password: generated once, kept in Secrets Manager under the stack's key, shown nowhere.

Not RDS's own ManageMasterUserPassword, which AWS refuses for a database that has read replicas.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tapctl.hush import hiding
from tapctl.model import Aspect, Aws, Born, Found, Gone, Kept, Out, Ref, Resource
from tapctl.naming import claims, tag_dict, tag_list
from tapctl.tags import tags_aspect
from tapctl.waiting import absent, tolerate

PASSWORD_LENGTH = 32  # of the 8 to 128 characters that PostgreSQL on RDS takes
ROLE = "database"  # as in its name
ALPHABET = string.ascii_letters + string.digits  # RDS takes no slash, quote, at sign or space


# ---------------------------------------------------------------- aspects
def put_tags(aws: Aws, it: Found, tags: Mapping[str, str]) -> None:
    aws.client("secretsmanager").tag_resource(SecretId=it.id, Tags=tag_list(tags))


def want_standing(r: Secret, out: Out) -> bool:
    return True


def read_standing(aws: Aws, it: Found) -> bool:
    return not it.raw.get("DeletedDate")


def put_standing(aws: Aws, it: Found, have: bool, want: bool) -> None:
    """Somebody deleted it, and its days to be taken back are not over: its value is the one that the database has."""
    aws.client("secretsmanager").restore_secret(SecretId=it.id)


def want_key(r: Secret, out: Out) -> str:
    return out(r.cmk).id


def read_key(aws: Aws, it: Found) -> str:
    return str(it.raw.get("KmsKeyId", "alias/aws/secretsmanager"))


def put_key(aws: Aws, it: Found, have: str, want: str) -> None:
    aws.client("secretsmanager").update_secret(SecretId=it.id, KmsKeyId=want)


STANDING = Aspect("standing", want_standing, read_standing, put_standing, born=Born.SET)  # first: the rest needs it
TAGS = tags_aspect(put_tags)
KEY = Aspect("kms_key", want_key, read_key, put_key)


# ---------------------------------------------------------------- the secret
@dataclass(frozen=True)
class Secret(Resource):
    """username: the database's master user."""

    cmk: Ref
    username: str
    kind: ClassVar[str] = "secret"
    uses: ClassVar[frozenset[str]] = frozenset({"kms_key", "stray_key"})
    holds_data: ClassVar[str] = "the master password; it can't be taken back"
    aspects: ClassVar[tuple[Aspect[Secret, Any], ...]] = (STANDING, TAGS, KEY)

    @property
    def role(self) -> str:
        return ROLE

    @classmethod
    def owned(cls, aws: Aws) -> Iterable[Found]:
        raw = absent(lambda: aws.client("secretsmanager").describe_secret(SecretId=aws.place.secret_name),
                     "ResourceNotFoundException")
        tags = tag_dict(raw.get("Tags", [])) if raw else {}
        key = claims(tags, aws.place)
        if raw and key == f"{aws.place.region}/{cls.kind}/{ROLE}":
            yield Found(key, raw["ARN"], raw, tags)

    def create(self, aws: Aws, out: Out) -> Found:
        password = "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))
        with hiding(password):
            # a forced deletion takes a moment to be over
            raw = tolerate(lambda: aws.client("secretsmanager").create_secret(
                Name=self.place.secret_name, Description="Master user of the database of this stack",
                SecretString=json.dumps({"username": self.username, "password": password}),
                KmsKeyId=out(self.cmk).id, Tags=tag_list(self.tags),
            ), "InvalidRequestException", saying="scheduled for deletion")
        version = {raw["VersionId"]: ["AWSCURRENT"]}
        return Found(self.key, raw["ARN"], {"KmsKeyId": out(self.cmk).id, "VersionIdsToStages": version}, self.tags)

    @classmethod
    def delete(cls, aws: Aws, it: Found) -> Gone:
        """Not while it has replicas, which AWS would refuse; somebody else has made them, and may read them.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
        """
        if replicas := [one["Region"] for one in it.raw.get("ReplicationStatus", ())]:
            raise Kept(f"somebody has replicated it to {', '.join(replicas)}: aws secretsmanager "
                       f"remove-regions-from-replication --region {aws.place.region} --secret-id {it.id} "
                       f"--remove-replica-regions {' '.join(replicas)}")
        absent(lambda: aws.client("secretsmanager").delete_secret(SecretId=it.id, ForceDeleteWithoutRecovery=True),
               "ResourceNotFoundException")
        return Gone.LATER


def current_version(secret: Found) -> str:
    """The id of the version that holds the password in force."""
    return str(next(v for v, stages in secret.raw["VersionIdsToStages"].items() if "AWSCURRENT" in stages))


def password(aws: Aws, secret: str, version: str) -> str:
    """The value itself, for one call to RDS and nothing else."""
    answer = tolerate(lambda: aws.client("secretsmanager").get_secret_value(SecretId=secret, VersionId=version),
                      "InvalidRequestException", saying="marked")  # for deletion, and about to be taken back
    return str(json.loads(answer["SecretString"])["password"])
