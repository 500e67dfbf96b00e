"""What DescribeInstances tells of an instance that moto leaves out."""

from __future__ import annotations

from moto.ec2.models.instance_types import INSTANCE_TYPES

from tapctl.emulator.correction import Answer, Ask, Call, corrects


@corrects("ec2", "DescribeInstances", page="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CpuOptions.html")
def cpu_options(call: Call, ask: Ask) -> Answer:
    """Its cores and threads, which are its type's."""
    answer = ask()
    for reservation in answer["Reservations"]:
        for instance in reservation["Instances"]:
            cpu = INSTANCE_TYPES[instance["InstanceType"]]["VCpuInfo"]
            instance["CpuOptions"] = {"CoreCount": cpu["DefaultCores"], "ThreadsPerCore": cpu["DefaultThreadsPerCore"]}
    return answer
