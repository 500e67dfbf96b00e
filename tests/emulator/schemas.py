"""`python -m tests.emulator.schemas` makes tapctl/emulator/limits.json of the resource schemas that cfn-lint ships:
the limits of parameters that the service's own model lacks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from botocore.model import ListShape, Shape, StructureShape
from moto.core.utils import get_service_model

from tapctl.emulator import limits

FILE = Path(limits.__file__).with_name("limits.json")
#: Resource type -> the operations that take its properties.
TYPES = {
    "AWS::AutoScaling::AutoScalingGroup": ("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup"),
    "AWS::AutoScaling::ScalingPolicy": ("autoscaling", "PutScalingPolicy"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm"),
    "AWS::DynamoDB::Table": ("dynamodb", "CreateTable", "UpdateTable"),
    "AWS::EC2::LaunchTemplate": ("ec2", "CreateLaunchTemplate", "CreateLaunchTemplateVersion"),
    "AWS::EC2::SecurityGroup": ("ec2", "CreateSecurityGroup"),
    "AWS::EC2::VPCEndpoint": ("ec2", "CreateVpcEndpoint", "ModifyVpcEndpoint"),
    "AWS::ElasticLoadBalancingV2::Listener": ("elbv2", "CreateListener", "ModifyListener"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("elbv2", "CreateLoadBalancer"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("elbv2", "CreateTargetGroup", "ModifyTargetGroup"),
    "AWS::IAM::InstanceProfile": ("iam", "CreateInstanceProfile"),
    "AWS::IAM::Role": ("iam", "CreateRole", "UpdateRole"),
    "AWS::KMS::Alias": ("kms", "CreateAlias"),
    "AWS::KMS::Key": ("kms", "CreateKey"),
    "AWS::Logs::LogGroup": ("logs", "CreateLogGroup", "PutRetentionPolicy"),
    "AWS::RDS::DBInstance": ("rds", "CreateDBInstance", "CreateDBInstanceReadReplica", "ModifyDBInstance"),
    "AWS::RDS::DBSubnetGroup": ("rds", "CreateDBSubnetGroup", "ModifyDBSubnetGroup"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "CreateSecret", "UpdateSecret"),
}
#: Properties that an API calls otherwise.
NAMES = {"AWS::EC2::SecurityGroup": {"Description": "GroupDescription"},
         "AWS::Logs::LogGroup": {"logGroupName": "LogGroupName", "retentionInDays": "RetentionInDays",
                                 "kmsKeyId": "KmsKeyId"}}
#: How the service models call what JSON schemas say of a number, a string and a list.
WORDS = {"minimum": "min", "maximum": "max", "minLength": "min", "maxLength": "max", "minItems": "min",
         "maxItems": "max", "pattern": "pattern", "enum": "enum"}
NUMBER = {"minimum", "maximum", "enum"}
OF = {"string": {"minLength", "maxLength", "pattern", "enum"}, "list": {"minItems", "maxItems"},
      "integer": NUMBER, "long": NUMBER, "double": NUMBER}


def schema(resource: str) -> dict[str, Any]:
    """The newest one of us-east-1."""
    place = files("cfnlint.data.schemas")
    number = json.loads(place.joinpath("providers/us-east-1.json").read_text())[resource]
    found: dict[str, Any] = json.loads(place.joinpath(f"resources/{number}.json").read_text())
    return found


def found(shape: Shape, said: Mapping[str, Any], whole: Mapping[str, Any], names: Mapping[str, str],
          path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and limits of every value that both know."""
    while "$ref" in said:
        said = whole["definitions"][said["$ref"].rpartition("/")[2]]
    own = {WORDS[word]: said[word] for word in sorted(OF.get(shape.type_name, ()))
           if word in said and WORDS[word] not in shape.metadata}
    if limits.Limit.of(own) not in (limits.Limit(), limits.Limit(least=0)):
        yield path, own
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if inner := said.get("properties", {}).get(names.get(name, name) if not path else name):
                yield from found(member, inner, whole, names, f"{path}.{name}" if path else name)
    elif isinstance(shape, ListShape) and "items" in said:
        yield from found(shape.member, said["items"], whole, names, f"{path}[]")


def table() -> dict[str, dict[str, dict[str, Any]]]:
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for resource, (service, *operations) in TYPES.items():
        whole, model = schema(resource), get_service_model(service)
        for operation in operations:
            shape = model.operation_model(operation).input_shape
            if its := dict(sorted(found(shape, whole, whole, NAMES.get(resource, {})))):
                made.setdefault(service, {})[operation] = its
    return made


def text() -> str:
    return json.dumps(table(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
