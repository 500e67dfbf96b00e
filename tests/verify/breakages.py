"""For every check, what makes just that one fail: by raw calls where AWS has one for it, undone afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tapctl.emulator.correction import memory
from tapctl.verify.look import Answer
from tests.certificates import imported
from tests.stage import EAST, WEST
from tests.verify.conftest import put_lag
from tests.verify.standing import Here

Breaking = Callable[[Here], Iterator[None]]
EVERYBODY = [{"CidrIp": "0.0.0.0/0"}]
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@dataclass(frozen=True)
class Breakage:
    """says: part of what the check says was wrong."""

    check: str
    says: str
    region: str
    breaking: Breaking

    def __str__(self) -> str:
        return f"{self.check}: {self.breaking.__name__}"

    @contextmanager
    def done(self, here: Here) -> Iterator[None]:
        steps = self.breaking(here)
        next(steps)
        try:
            yield
        finally:
            next(steps, None)


TABLE: list[Breakage] = []


def breaks(check: str, says: str, region: str = EAST) -> Callable[[Breaking], Breaking]:
    """Put it into the table."""

    def register(breaking: Breaking) -> Breaking:
        TABLE.append(Breakage(check, says, region, breaking))
        return breaking

    return register


def rule(port: int, **who: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **who}]


def authorized(here: Here, group: str, permissions: list[dict[str, Any]], way: str = "ingress") -> Iterator[None]:
    ec2, name = here("ec2"), here.found[f"security_group/{group}"].id
    getattr(ec2, f"authorize_security_group_{way}")(GroupId=name, IpPermissions=permissions)
    yield
    getattr(ec2, f"revoke_security_group_{way}")(GroupId=name, IpPermissions=permissions)


def revoked(here: Here, group: str, permissions: list[dict[str, Any]], way: str = "ingress") -> Iterator[None]:
    ec2, name = here("ec2"), here.found[f"security_group/{group}"].id
    getattr(ec2, f"revoke_security_group_{way}")(GroupId=name, IpPermissions=permissions)
    yield
    getattr(ec2, f"authorize_security_group_{way}")(GroupId=name, IpPermissions=permissions)


def of(here: Here, group: str) -> dict[str, Any]:
    return {"UserIdGroupPairs": [{"GroupId": here.found[f"security_group/{group}"].id}]}


# ---------------------------------------------------------------- reachability
@breaks("reachability.load-balancer", "lets tcp 80 in from the internet", WEST)
def entrance_closed(here: Here) -> Iterator[None]:
    yield from revoked(here, "alb", rule(80, IpRanges=EVERYBODY))


@breaks("reachability.load-balancer", "has no route to an internet gateway")
def no_way_to_the_internet(here: Here) -> Iterator[None]:
    ec2 = here("ec2")
    table, = (table for table in ec2.describe_route_tables()["RouteTables"]
              if any(route.get("DestinationCidrBlock") == "0.0.0.0/0" for route in table["Routes"]))
    gateway, = (route["GatewayId"] for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0")
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    yield
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


@breaks("reachability.load-balancer", "the load balancer is internal")
def turned_inwards(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeLoadBalancers", lambda answer: [
            one.update(Scheme="internal") for one in answer["LoadBalancers"]]):
        yield


@breaks("reachability.load-balancer", "the load balancer is failed")
def balancer_failed(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeLoadBalancers", lambda answer: [
            one.update(State={"Code": "failed"}) for one in answer["LoadBalancers"]]):
        yield


@breaks("reachability.application", "lets tcp 8080 in from the load balancer")
def application_closed(here: Here) -> Iterator[None]:
    yield from revoked(here, "app", rule(8080, **of(here, "alb")))


@breaks("reachability.application", "lets tcp 8080 out to the application")
def balancer_shut_in(here: Here) -> Iterator[None]:
    yield from revoked(here, "alb", rule(8080, **of(here, "app")), "egress")


@breaks("reachability.application", "does not forward to the stack's target group", WEST)
def answers_by_itself(here: Here) -> Iterator[None]:
    listener, elb = here.found["listener/http"], here("elbv2")
    elb.modify_listener(ListenerArn=listener.id, DefaultActions=[
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}])
    yield
    elb.modify_listener(ListenerArn=listener.id, DefaultActions=[
        {"Type": "forward", "TargetGroupArn": here.found["target_group"].id}])


@breaks("reachability.application", "does not register its instances")
def not_registered(here: Here) -> Iterator[None]:
    with here.answered("autoscaling", "DescribeAutoScalingGroups", lambda answer: [
            one.update(TargetGroupARNs=[]) for one in answer["AutoScalingGroups"]]):
        yield


@breaks("reachability.application", "sends to port 9090, and the application listens on 8080")
def another_port(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeTargetGroups", lambda answer: [
            one.update(Port=9090) for one in answer["TargetGroups"]]):
        yield


@breaks("reachability.targets", "0 healthy targets, and at least 1 must be")
def no_target(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeTargetHealth", lambda answer: answer["TargetHealthDescriptions"].clear()):
        yield


@breaks("reachability.targets", "is unhealthy: Health checks failed")
def one_unhealthy(here: Here) -> Iterator[None]:
    with here.answered("elbv2", "DescribeTargetHealth", lambda answer: answer["TargetHealthDescriptions"][0].update(
            TargetHealth={"State": "unhealthy", "Description": "Health checks failed"})):
        yield


@breaks("reachability.database", "lets tcp 5432 in from the application")
def database_closed(here: Here) -> Iterator[None]:
    yield from revoked(here, "rds", rule(5432, **of(here, "app")))


@breaks("reachability.database", "lets no tcp 5432 out to")
def denied_by_the_subnet(here: Here) -> Iterator[None]:
    ec2 = here("ec2")
    acl, = ec2.describe_network_acls(Filters=[{"Name": "default", "Values": ["true"]}])["NetworkAcls"]
    entry = {"NetworkAclId": acl["NetworkAclId"], "RuleNumber": 50, "Egress": True}
    ec2.create_network_acl_entry(**entry, Protocol="6", RuleAction="deny", CidrBlock="0.0.0.0/0",
                                 PortRange={"From": 5432, "To": 5432})
    yield
    ec2.delete_network_acl_entry(**entry)


@breaks("reachability.endpoints", "lets tcp 443 out to the endpoint of logs", WEST)
def endpoint_beyond_reach(here: Here) -> Iterator[None]:
    yield from revoked(here, "app", rule(443, **of(here, "endpoints")), "egress")


@breaks("reachability.endpoints", "has no route to s3")
def off_the_route_table(here: Here) -> Iterator[None]:
    endpoint = here.found["endpoint/s3"]
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint.id, RemoveRouteTableIds=endpoint.raw["RouteTableIds"])
    yield
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint.id, AddRouteTableIds=endpoint.raw["RouteTableIds"])


@breaks("reachability.endpoints", "out to pl-")
def no_rule_for_the_gateway(here: Here) -> Iterator[None]:
    group = here("ec2").describe_security_groups(GroupIds=[here.found["security_group/app"].id])["SecurityGroups"][0]
    lists = [one for permission in group["IpPermissionsEgress"] for one in permission["PrefixListIds"]]
    yield from revoked(here, "app", rule(443, PrefixListIds=lists[:1]), "egress")


@breaks("reachability.endpoints", "does not answer for the private name of logs")
def private_name_off(here: Here) -> Iterator[None]:
    endpoint = here.found["endpoint/logs"].id
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=False)
    yield
    here("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True)


@breaks("reachability.endpoints", "no endpoint of dynamodb that serves")
def endpoint_pending(here: Here) -> Iterator[None]:
    with here.answered("ec2", "DescribeVpcEndpoints", lambda answer: [
            one.update(State="pending") for one in answer["VpcEndpoints"] if "dynamodb" in one["ServiceName"]]):
        yield


@contextmanager
def peered(here: Here, connections: int = 2) -> Iterator[None]:
    """As AWS describes connections of VPCs: one of somebody else's, and one of the VPCs of both regions."""
    sides: dict[str, Any] = {"Status": {"Code": "active"}}
    for name, region in (("RequesterVpcInfo", EAST), ("AccepterVpcInfo", WEST)):
        vpc = here.lab.raw("ec2", region).describe_vpcs()["Vpcs"][0]["VpcId"]
        sides[name] = {"VpcId": vpc, "Region": region}
    elsewhere = {"Status": {"Code": "active"}, "RequesterVpcInfo": {"VpcId": "vpc-1", "Region": EAST},
                 "AccepterVpcInfo": {"VpcId": "vpc-2", "Region": WEST}}
    with here.answered("ec2", "DescribeVpcPeeringConnections", lambda answer: answer.update(
            VpcPeeringConnections=[elsewhere, sides][:connections])):
        yield


@breaks("reachability.peers", "lets tcp 5432 out to the database of us-west-2")
def joined_without_rules(here: Here) -> Iterator[None]:
    with peered(here):
        yield


@breaks("reachability.peers", "us-east-1: route table rtb-", WEST)
def joined_without_routes(here: Here) -> Iterator[None]:
    with peered(here):
        yield


# ---------------------------------------------------------------- nothing else
@breaks("reachability.closed.load-balancer", "let tcp 22 in from 0.0.0.0/0")
def balancer_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "alb", rule(22, IpRanges=EVERYBODY))


@breaks("reachability.closed.load-balancer", "let tcp 443 out to 0.0.0.0/0")
def balancer_let_out(here: Here) -> Iterator[None]:
    yield from authorized(here, "alb", rule(443, IpRanges=EVERYBODY), "egress")


@breaks("reachability.closed.application", "let tcp 8080 in from 0.0.0.0/0")
def application_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "app", rule(8080, IpRanges=EVERYBODY))


@breaks("reachability.closed.ways-out", "let everything out to 0.0.0.0/0")
def application_let_out(here: Here) -> Iterator[None]:
    yield from authorized(here, "app", [{"IpProtocol": "-1", "IpRanges": EVERYBODY}], "egress")


@breaks("reachability.closed.database", "let tcp 5432 in from 10.0.0.0/8")
def database_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "rds", rule(5432, IpRanges=[{"CidrIp": "10.0.0.0/8"}]))


@breaks("reachability.closed.database", "let everything out to 0.0.0.0/0", WEST)
def database_let_out(here: Here) -> Iterator[None]:
    yield from authorized(here, "rds", [{"IpProtocol": "-1", "IpRanges": EVERYBODY}], "egress")


@breaks("reachability.closed.endpoints", "let tcp 443 in from ::/0")
def endpoints_opened(here: Here) -> Iterator[None]:
    yield from authorized(here, "endpoints", rule(443, Ipv6Ranges=[{"CidrIpv6": "::/0"}]))


@breaks("reachability.closed.addresses", "has the public address")
def address_given(here: Here) -> Iterator[None]:
    ec2 = here("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    link = ec2.associate_address(AllocationId=address, InstanceId=here.instances[0]["InstanceId"])["AssociationId"]
    yield
    ec2.disassociate_address(AssociationId=link)
    ec2.release_address(AllocationId=address)


# ---------------------------------------------------------------- the web
def answering(here: Here, start: str, answer: Answer) -> Iterator[None]:
    before = here.get
    here.get = lambda url, name: answer if url.startswith(start) else before(url, name)
    yield
    here.get = before


@breaks("http.health", "503, not 200", WEST)
def application_dead(here: Here) -> Iterator[None]:
    yield from answering(here, "http://", Answer(503))


@breaks("http.health", "503, not 200")
def application_dead_behind_https(here: Here) -> Iterator[None]:
    yield from answering(here, "https://", Answer(503))


@breaks("http.redirect", "200, not 301 to https")
def answered_without_tls(here: Here) -> Iterator[None]:
    yield from answering(here, "http://", Answer(200))


@breaks("tls.listener", "still speaks TLSv1")
def old_policy(here: Here) -> Iterator[None]:
    listener = here.found["listener/https"]
    here("elbv2").modify_listener(ListenerArn=listener.id, SslPolicy="ELBSecurityPolicy-2016-08")
    yield
    here("elbv2").modify_listener(ListenerArn=listener.id, SslPolicy=listener.raw["SslPolicy"])


@breaks("tls.listener", "the configuration's is arn:aws:acm")
def another_certificate(here: Here) -> Iterator[None]:
    listener = here.found["listener/https"]
    other = imported(here("acm"), 300)
    here("elbv2").modify_listener(ListenerArn=listener.id, Certificates=[{"CertificateArn": other}])
    yield
    here("elbv2").modify_listener(ListenerArn=listener.id, Certificates=[
        {"CertificateArn": here.lab.settings.certificate_arns[here.region]}])


def certified(here: Here, **change: Any) -> Iterator[None]:
    with here.answered("acm", "DescribeCertificate", lambda answer: answer["Certificate"].update(change)):
        yield


@breaks("tls.certificate", "has expired")
def certificate_expired(here: Here) -> Iterator[None]:
    yield from certified(here, NotAfter=datetime(2020, 1, 1, tzinfo=UTC))


@breaks("tls.certificate", "expires in 9 days")
def certificate_about_to_expire(here: Here) -> Iterator[None]:
    yield from certified(here, NotAfter=datetime.now(UTC) + timedelta(days=9, hours=1))


@breaks("tls.redirect", "does not redirect: forward")
def served_without_tls(here: Here) -> Iterator[None]:
    listener = here.found["listener/http"]
    here("elbv2").modify_listener(ListenerArn=listener.id, DefaultActions=[
        {"Type": "forward", "TargetGroupArn": here.found["target_group"].id}])
    yield
    here("elbv2").modify_listener(ListenerArn=listener.id, DefaultActions=listener.raw["DefaultActions"])


# ---------------------------------------------------------------- the database
def modified(here: Here, broken: dict[str, Any], whole: dict[str, Any]) -> Iterator[None]:
    name = here.found["database"].raw["DBInstanceIdentifier"]
    for change in (broken, whole):
        here("rds").modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **change)
        if change is broken:
            yield


def described(here: Here, **change: Any) -> Iterator[None]:
    with here.answered("rds", "DescribeDBInstances", lambda answer: [
            one.update(change) for one in answer["DBInstances"]]):
        yield


@breaks("database.serves", "one zone alone")
def one_zone(here: Here) -> Iterator[None]:
    yield from modified(here, {"MultiAZ": False}, {"MultiAZ": True})


@breaks("database.serves", "the database is storage-full")
def storage_full(here: Here) -> Iterator[None]:
    yield from described(here, DBInstanceStatus="storage-full")


@breaks("replication.state", "its replication is terminated", WEST)
def replication_ended(here: Here) -> Iterator[None]:
    ended = memory("db replication ended")
    ended[WEST, here.lab.place.at(WEST).database_id] = True
    yield
    ended.clear()


@breaks("replication.state", "not arn:aws:rds:us-east-1", WEST)
def another_source(here: Here) -> Iterator[None]:
    yield from described(here, ReadReplicaSourceDBInstanceIdentifier="arn:aws:rds:us-east-1:123456789012:db:other")


@breaks("replication.state", "a database of its own", WEST)
def promoted(here: Here) -> Iterator[None]:
    yield from described(here, ReadReplicaSourceDBInstanceIdentifier="")


@breaks("replication.state", "the primary does not know it", WEST)
def disowned(here: Here) -> Iterator[None]:
    with Here(here.lab, EAST, {}).answered("rds", "DescribeDBInstances", lambda answer: [
            one.update(ReadReplicaDBInstanceIdentifiers=[]) for one in answer["DBInstances"]]):
        yield


@breaks("replication.lag", "900 s behind", WEST)
def replica_late(here: Here) -> Iterator[None]:
    put_lag(here.lab, 900, datetime.now(UTC) + timedelta(minutes=20))
    here.later = timedelta(minutes=21)
    yield


@breaks("replication.lag", "the replica does not follow", WEST)
def replica_lost(here: Here) -> Iterator[None]:
    put_lag(here.lab, -1, datetime.now(UTC) + timedelta(minutes=40))
    here.later = timedelta(minutes=41)
    yield


# ---------------------------------------------------------------- backups
@breaks("backups.database", "backups are kept for 1 day, and 7 are configured")
def backups_shortened(here: Here) -> Iterator[None]:
    yield from modified(here, {"BackupRetentionPeriod": 1}, {"BackupRetentionPeriod": 7})


@breaks("backups.database", "only as it was at 2020-01-01 00:00 UTC")
def backups_stopped(here: Here) -> Iterator[None]:
    yield from described(here, LatestRestorableTime=datetime(2020, 1, 1, tzinfo=UTC))


@breaks("backups.database", "nothing that it could be restored from", WEST)
def never_backed_up(here: Here) -> Iterator[None]:
    yield from described(here, LatestRestorableTime=None, InstanceCreateTime=datetime(2020, 1, 1, tzinfo=UTC))


@breaks("backups.table", "point-in-time recovery is disabled")
def recovery_stopped(here: Here) -> Iterator[None]:
    table = here.lab.place.at(here.region).name()
    for on in (False, True):
        here("dynamodb").update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on})
        if not on:
            yield


@breaks("backups.buckets", "versioning is suspended")
def versioning_suspended(here: Here) -> Iterator[None]:
    for status in ("Suspended", "Enabled"):
        here("s3").put_bucket_versioning(Bucket=here.found["bucket/alb-logs"].id,
                                         VersioningConfiguration={"Status": status})
        if status == "Suspended":
            yield


# ---------------------------------------------------------------- encryption
@breaks("encryption.key", "is Disabled")
def key_disabled(here: Here) -> Iterator[None]:
    here("kms").disable_key(KeyId=here.found["kms_key"].id)
    yield
    here("kms").enable_key(KeyId=here.found["kms_key"].id)


@breaks("encryption.key", "is not rotated")
def rotation_stopped(here: Here) -> Iterator[None]:
    here("kms").disable_key_rotation(KeyId=here.found["kms_key"].id)
    yield
    here("kms").enable_key_rotation(KeyId=here.found["kms_key"].id)


def encrypted(here: Here, role: str, broken: dict[str, Any], whole: dict[str, Any]) -> Iterator[None]:
    for rule in (broken, whole):
        here("s3").put_bucket_encryption(
            Bucket=here.found[f"bucket/{role}"].id, ServerSideEncryptionConfiguration={"Rules": [
                {"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": "KMSMasterKeyID" in rule}]})
        if rule is broken:
            yield


@breaks("encryption.bucket", "the log bucket is under a key of AWS")
def bucket_under_sse_s3(here: Here) -> Iterator[None]:
    yield from encrypted(here, "logs", {"SSEAlgorithm": "AES256"},
                         {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": here.found["kms_key"].id})


@breaks("encryption.access-logs", "come only to AES256")
def access_logs_under_kms(here: Here) -> Iterator[None]:
    yield from encrypted(here, "alb-logs", {"SSEAlgorithm": "aws:kms"}, {"SSEAlgorithm": "AES256"})


@breaks("encryption.volumes", "is not encrypted")
def plain_volume(here: Here) -> Iterator[None]:
    ec2, instance = here("ec2"), here.instances[0]
    tags = [tag for tag in instance["Tags"] if not tag["Key"].startswith("aws:")]
    volume = ec2.create_volume(
        AvailabilityZone=instance["Placement"]["AvailabilityZone"], Size=1, Encrypted=False,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])["VolumeId"]
    ec2.attach_volume(Device="/dev/sdf", InstanceId=instance["InstanceId"], VolumeId=volume)
    yield
    ec2.detach_volume(VolumeId=volume, InstanceId=instance["InstanceId"])
    ec2.delete_volume(VolumeId=volume)


@breaks("encryption.database", "the database is under a key of AWS")
def database_in_plain(here: Here) -> Iterator[None]:
    yield from described(here, StorageEncrypted=False)


@breaks("encryption.table", "the table is under a key of AWS")
def table_under_the_key_of_aws(here: Here) -> Iterator[None]:
    table, key = here.lab.place.at(here.region).name(), here.found["kms_key"].id
    here("dynamodb").update_table(TableName=table, SSESpecification={"Enabled": False})
    yield
    here("dynamodb").update_table(TableName=table, SSESpecification={
        "Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})


@breaks("encryption.log-group", "the log group is under a key of AWS")
def log_group_in_plain(here: Here) -> Iterator[None]:
    name = here.lab.place.at(here.region).name()
    here("logs").disassociate_kms_key(logGroupName=name)
    yield
    here("logs").associate_kms_key(logGroupName=name, kmsKeyId=here.found["kms_key"].id)


@breaks("encryption.secret", "is under a key of AWS")
def secret_under_another_key(here: Here) -> Iterator[None]:
    for key in ("alias/aws/secretsmanager", here.found["kms_key"].id):
        here("secretsmanager").update_secret(SecretId=here.found["secret/database"].id, KmsKeyId=key)
        if key.startswith("alias"):
            yield


# ---------------------------------------------------------------- exposure, TLS
@breaks("exposure.buckets", "BlockPublicAcls is off")
def block_lifted(here: Here) -> Iterator[None]:
    bucket = here.found["bucket/logs"].id
    before = here("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    here("s3").delete_public_access_block(Bucket=bucket)
    yield
    here("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=before)


@breaks("exposure.database", "PubliclyAccessible is true")
def database_public(here: Here) -> Iterator[None]:
    yield from modified(here, {"PubliclyAccessible": True}, {"PubliclyAccessible": False})


@breaks("exposure.metadata", "answers IMDSv1")
def old_metadata(here: Here) -> Iterator[None]:
    instance = here.instances[0]["InstanceId"]
    for tokens in ("optional", "required"):
        here("ec2").modify_instance_metadata_options(InstanceId=instance, HttpTokens=tokens)
        if tokens == "optional":
            yield


@breaks("tls.buckets", "lets in what comes without TLS")
def bucket_policy_removed(here: Here) -> Iterator[None]:
    bucket = here.found["bucket/logs"].id
    before = here("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    here("s3").delete_bucket_policy(Bucket=bucket)
    yield
    here("s3").put_bucket_policy(Bucket=bucket, Policy=before)


@breaks("tls.buckets", "lets in what comes without TLS")
def only_reads_need_tls(here: Here) -> Iterator[None]:
    bucket = here.found["bucket/alb-logs"].id
    before = here("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    here("s3").put_bucket_policy(Bucket=bucket, Policy=before.replace('"s3:*"', '"s3:GetObject"'))
    yield
    here("s3").put_bucket_policy(Bucket=bucket, Policy=before)


@breaks("tls.database", "rds.force_ssl is 0 in plain")
def tls_not_forced(here: Here) -> Iterator[None]:
    rds, before = here("rds"), here.found["database"].raw["DBParameterGroups"][0]["DBParameterGroupName"]
    rds.create_db_parameter_group(DBParameterGroupName="plain", DBParameterGroupFamily="postgres17", Description="x")
    rds.modify_db_parameter_group(DBParameterGroupName="plain", Parameters=[
        {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}])
    yield from modified(here, {"DBParameterGroupName": "plain"}, {"DBParameterGroupName": before})
    rds.delete_db_parameter_group(DBParameterGroupName="plain")


@breaks("tls.database", "pending-reboot")
def tls_after_the_next_reboot(here: Here) -> Iterator[None]:
    with here.answered("rds", "DescribeDBInstances", lambda answer: [
            group.update(ParameterApplyStatus="pending-reboot") for one in answer["DBInstances"]
            for group in one["DBParameterGroups"]]):
        yield


# ---------------------------------------------------------------- the role
def app_policy(here: Here) -> str:
    answer = here("iam").get_role_policy(RoleName=here.found["role"].id, PolicyName="app")
    return json.dumps(answer["PolicyDocument"])


def with_policy(here: Here, broken: str) -> Iterator[None]:
    before, role = app_policy(here), here.found["role"].id
    here("iam").put_role_policy(RoleName=role, PolicyName="app", PolicyDocument=broken)
    yield
    here("iam").put_role_policy(RoleName=role, PolicyName="app", PolicyDocument=before)


@breaks("role.allows", "logs:PutLogEvents on")
def logs_forgotten(here: Here) -> Iterator[None]:
    yield from with_policy(here, app_policy(here).replace('"logs:PutLogEvents"', '"logs:CreateLogStream"'))


@breaks("role.allows", "beyond the role's permissions boundary")
def bounded(here: Here) -> Iterator[None]:
    iam, role = here("iam"), here.found["role"].id
    arn = iam.create_policy(PolicyName="bound", PolicyDocument=ANYTHING.replace('"Action": "*"', '"Action": "s3:*"'))[
        "Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)
    yield
    iam.delete_role_permissions_boundary(RoleName=role)
    iam.delete_policy(PolicyArn=arn)


@breaks("role.nothing-else", "policy theirs allows * on *")
def policy_added(here: Here) -> Iterator[None]:
    role = here.found["role"].id
    here("iam").put_role_policy(RoleName=role, PolicyName="theirs", PolicyDocument=ANYTHING)
    yield
    here("iam").delete_role_policy(RoleName=role, PolicyName="theirs")


@breaks("role.nothing-else", "managed policy arn:aws:iam::123456789012:policy/theirs is attached")
def policy_attached(here: Here) -> Iterator[None]:
    iam, role = here("iam"), here.found["role"].id
    arn = iam.create_policy(PolicyName="theirs", PolicyDocument=ANYTHING)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    yield
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


@breaks("role.nothing-else", "policy app allows s3:PutObject on")
def bucket_widened(here: Here) -> Iterator[None]:
    yield from with_policy(here, app_policy(here).replace("/app/*", "/*"))


@breaks("role.trust", "Service lambda.amazonaws.com may be")
def trusts_somebody_else(here: Here) -> Iterator[None]:
    role = here.found["role"]
    before = json.dumps(role.raw["AssumeRolePolicyDocument"])
    here("iam").update_assume_role_policy(RoleName=role.id, PolicyDocument=before.replace(
        '"ec2.amazonaws.com"', '["ec2.amazonaws.com", "lambda.amazonaws.com"]'))
    yield
    here("iam").update_assume_role_policy(RoleName=role.id, PolicyDocument=before)


@breaks("role.trust", "ec2.amazonaws.com may not be")
def trusts_everybody(here: Here) -> Iterator[None]:
    role = here.found["role"]
    before = json.dumps(role.raw["AssumeRolePolicyDocument"])
    here("iam").update_assume_role_policy(RoleName=role.id, PolicyDocument=before.replace(
        '{"Service": "ec2.amazonaws.com"}', '"*"'))
    yield
    here("iam").update_assume_role_policy(RoleName=role.id, PolicyDocument=before)


@breaks("role.instances", "holds no role")
def profile_emptied(here: Here) -> Iterator[None]:
    names = {"InstanceProfileName": here.found["instance_profile"].id, "RoleName": here.found["role"].id}
    here("iam").remove_role_from_instance_profile(**names)
    yield
    here("iam").add_role_to_instance_profile(**names)


@breaks("role.instances", "has no instance profile")
def profile_taken_off(here: Here) -> Iterator[None]:
    with here.answered("ec2", "DescribeInstances", lambda answer: answer["Reservations"][0]["Instances"][0].pop(
            "IamInstanceProfile")):
        yield


# ---------------------------------------------------------------- scaling
def updated(here: Here, broken: dict[str, Any], whole: dict[str, Any]) -> Iterator[None]:
    for change in (broken, whole):
        here("autoscaling").update_auto_scaling_group(AutoScalingGroupName=here.group, **change)
        if change is broken:
            yield


@breaks("scaling.limits", "1 to 50 instances, configured are 1 to 6")
def resized(here: Here) -> Iterator[None]:
    yield from updated(here, {"MaxSize": 50}, {"MaxSize": 6})


@breaks("scaling.limits", "9 are desired")
def too_many_desired(here: Here) -> Iterator[None]:
    with here.answered("autoscaling", "DescribeAutoScalingGroups", lambda answer: [
            one.update(DesiredCapacity=9) for one in answer["AutoScalingGroups"]]):
        yield


@breaks("scaling.in-service", "Launch is suspended")
def launching_suspended(here: Here) -> Iterator[None]:
    here("autoscaling").suspend_processes(AutoScalingGroupName=here.group, ScalingProcesses=["Launch"])
    yield
    here("autoscaling").resume_processes(AutoScalingGroupName=here.group, ScalingProcesses=["Launch"])


@breaks("scaling.in-service", "0 in service, and 1 must be")
def none_in_service(here: Here) -> Iterator[None]:
    with here.answered("autoscaling", "DescribeAutoScalingGroups", lambda answer: [
            one.update(LifecycleState="Pending") for group in answer["AutoScalingGroups"]
            for one in group["Instances"]]):
        yield


@breaks("scaling.policy", "no policies in force track the average CPU")
def policy_deleted(here: Here) -> Iterator[None]:
    scaling = here("autoscaling")
    before = scaling.describe_policies(AutoScalingGroupName=here.group)["ScalingPolicies"][0]
    scaling.delete_policy(AutoScalingGroupName=here.group, PolicyName=before["PolicyName"])
    yield
    scaling.put_scaling_policy(AutoScalingGroupName=here.group, **{name: before[name] for name in (
        "PolicyName", "PolicyType", "TargetTrackingConfiguration")})


@breaks("scaling.policy", "theirs is of type SimpleScaling")
def another_policy(here: Here) -> Iterator[None]:
    scaling = here("autoscaling")
    scaling.put_scaling_policy(AutoScalingGroupName=here.group, PolicyName="theirs", PolicyType="SimpleScaling",
                               AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    yield
    scaling.delete_policy(AutoScalingGroupName=here.group, PolicyName="theirs")


@breaks("scaling.zones", "all instances are in us-east-1")
def one_zone_for_all(here: Here) -> Iterator[None]:
    before = here.found["auto_scaling_group"].raw["VPCZoneIdentifier"]
    yield from updated(here, {"VPCZoneIdentifier": before.split(",")[0]}, {"VPCZoneIdentifier": before})


# ---------------------------------------------------------------- tags
@breaks("tags.resources", "us-east-1/table has no tag Project")
def untagged(here: Here) -> Iterator[None]:
    arn = here.found["table"].id
    here("dynamodb").untag_resource(ResourceArn=arn, TagKeys=["Project"])
    yield
    here("dynamodb").tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "TapStack"}])


def tagged(here: Here, name: str, key: str, value: str | None, before: str | None) -> Iterator[None]:
    for now in (value, before):
        if now is None:
            here("ec2").delete_tags(Resources=[name], Tags=[{"Key": key}])
        else:
            here("ec2").create_tags(Resources=[name], Tags=[{"Key": key, "Value": now}])
        if now is value:
            yield


@breaks("tags.launched", "has no tag Owner")
def volume_untagged(here: Here) -> Iterator[None]:
    volume = here.instances[0]["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    yield from tagged(here, volume, "Owner", None, "platform")


@breaks("tags.launched", "Environment is 'staging', not 'production'")
def instance_tagged_otherwise(here: Here) -> Iterator[None]:
    yield from tagged(here, here.instances[0]["InstanceId"], "Environment", "staging", "production")


@breaks("tags.launched", "bears tapctl:key")
def key_copied(here: Here) -> Iterator[None]:
    yield from tagged(here, here.instances[0]["InstanceId"], "tapctl:key", "us-east-1/x", None)
