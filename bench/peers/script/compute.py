"""Launch template, Auto Scaling group, alarms."""

from __future__ import annotations

import time
from base64 import b64encode
from typing import Any

from bench.peers.script.here import AMI, Here, as_list

INSTANCE_TYPE, LEAST, DESIRED, MOST = "t3.medium", 1, 2, 6
LOOKS, PAUSE = 120, 5  # of 5 seconds: ten minutes


def launch_template(here: Here) -> None:
    found = here.ec2.describe_launch_templates(Filters=[
        {"Name": "launch-template-name", "Values": [here.name]}])["LaunchTemplates"]
    if found:
        here.template = found[0]["LaunchTemplateId"]
        return
    launched = as_list(here.launch_tags("launch_template"))
    made = here.ec2.create_launch_template(
        LaunchTemplateName=here.name, TagSpecifications=here.specification("launch-template", "launch_template"),
        LaunchTemplateData={
            "ImageId": here.ssm.get_parameter(Name=AMI)["Parameter"]["Value"], "InstanceType": INSTANCE_TYPE,
            "IamInstanceProfile": {"Name": here.name},
            "UserData": b64encode(here.user_data).decode(),
            "MetadataOptions": {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, "HttpTokens": "required"},
            "NetworkInterfaces": [{"AssociatePublicIpAddress": False, "DeleteOnTermination": True, "DeviceIndex": 0,
                                   "Groups": [here.groups["app"]]}],
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {
                "DeleteOnTermination": True, "Encrypted": True, "KmsKeyId": here.key, "VolumeSize": 8,
                "VolumeType": "gp3"}}],
            "TagSpecifications": [{"ResourceType": kind, "Tags": launched}
                                  for kind in ("instance", "network-interface", "volume")]})
    here.template = made["LaunchTemplate"]["LaunchTemplateId"]


def auto_scaling_group(here: Here) -> None:
    scaling = here.autoscaling
    if not scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[here.name])["AutoScalingGroups"]:
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=here.name, MinSize=LEAST, MaxSize=MOST, DesiredCapacity=DESIRED,
            VPCZoneIdentifier=",".join(sorted(here.subnets)), TargetGroupARNs=[here.targets],
            HealthCheckType="ELB", HealthCheckGracePeriod=180, DefaultInstanceWarmup=120,
            LaunchTemplate={"LaunchTemplateId": here.template, "Version": "$Default"},
            Tags=[{**tag, "PropagateAtLaunch": tag["Key"] != "tapctl:key"}
                  for tag in here.tag_list("auto_scaling_group")])
    scaling.put_scaling_policy(
        AutoScalingGroupName=here.name, PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "TargetValue": 60.0, "DisableScaleIn": False,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}})
    for _ in range(LOOKS):
        health = here.elbv2.describe_target_health(TargetGroupArn=here.targets)["TargetHealthDescriptions"]
        if sum(one["TargetHealth"]["State"] == "healthy" for one in health) >= LEAST:
            return
        time.sleep(PAUSE)
    raise SystemExit(f"{here.region}: the instances don't become healthy")


# name, what it says, namespace, metric, statistic, comparison, threshold, minutes, a minute without a figure
ALARMS = (
    ("database-storage", "The database has less than 2 GiB of storage left", "AWS/RDS", "FreeStorageSpace", "Minimum",
     "LessThanThreshold", 2 * 2**30, 15, "missing"),
    ("replica-lag", "The replica is more than 5 minutes behind the primary", "AWS/RDS", "ReplicaLag", "Maximum",
     "GreaterThanThreshold", 300, 5, "missing"),
    ("unhealthy-targets", "Instances fail the load balancer's health check", "AWS/ApplicationELB",
     "UnHealthyHostCount", "Maximum", "GreaterThanThreshold", 0, 5, "missing"),
    ("target-5xx", "The application answers with server errors", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count",
     "Sum", "GreaterThanThreshold", 10, 5, "notBreaching"),
    ("load-balancer-5xx", "The load balancer itself answers with server errors: no instance does",
     "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", "GreaterThanThreshold", 10, 5, "notBreaching"),
)


def alarms(here: Here) -> None:
    balancer = {"LoadBalancer": here.balancer.partition("loadbalancer/")[2]}
    targets = {"TargetGroup": here.targets.split(":", 5)[5]}
    database = {"DBInstanceIdentifier": here.name.lower()}
    dimensions: dict[str, dict[str, Any]] = {
        "database-storage": database, "replica-lag": database, "unhealthy-targets": {**balancer, **targets},
        "target-5xx": balancer, "load-balancer-5xx": balancer}
    for name, words, namespace, metric, statistic, comparison, threshold, minutes, missing in ALARMS:
        if name == "replica-lag" and here.primary:
            continue
        here.cloudwatch.put_metric_alarm(
            AlarmName=f"{here.name}-{name}", AlarmDescription=words, Namespace=namespace, MetricName=metric,
            Dimensions=[{"Name": k, "Value": v} for k, v in dimensions[name].items()], Statistic=statistic, Period=60,
            EvaluationPeriods=minutes, DatapointsToAlarm=minutes, Threshold=threshold, ComparisonOperator=comparison,
            TreatMissingData=missing, ActionsEnabled=True, Tags=here.tag_list(f"alarm/{name}"))
