"""Service Quotas: what an account of some age has."""

from __future__ import annotations

from tapctl.emulator.correction import ACCOUNT, Answer, Ask, Call, Refusal, corrects

_PAGE = "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html"
QUOTAS = {
    ("autoscaling", "L-CDE20ADC"): ("Auto Scaling groups per Region", 500.0),
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 64.0),
    ("elasticloadbalancing", "L-53DA6B97"): ("Application Load Balancers per Region", 50.0),
    ("elasticloadbalancing", "L-B22855CB"): ("Target Groups per Region", 3000.0),
    ("rds", "L-48C6BF61"): ("DB subnet groups", 50.0),
    ("rds", "L-7ADDB58A"): ("Total storage for all DB instances", 100000.0),
    ("rds", "L-7B6409FD"): ("DB instances", 40.0),
    ("s3", "L-DC2B2D3D"): ("General purpose buckets", 10000.0),
    ("vpc", "L-0EA8095F"): ("Inbound or outbound rules per security group", 60.0),
    ("vpc", "L-1B52E74A"): ("Gateway VPC endpoints per Region", 20.0),
    ("vpc", "L-29B6F2EB"): ("Interface VPC endpoints per VPC", 50.0),
    ("vpc", "L-2AFB9258"): ("Security groups per network interface", 5.0),
    ("vpc", "L-E79EC296"): ("VPC security groups per Region", 2500.0),
}


@corrects("service-quotas", "GetServiceQuota", page=_PAGE)
def quotas(call: Call, ask: Ask) -> Answer:
    """moto knows next to none."""
    service, code = call.params["ServiceCode"], call.params["QuotaCode"]
    if (service, code) not in QUOTAS:
        raise Refusal("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    name, value = QUOTAS[service, code]
    return {"Quota": {"ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": value, "Unit": "None",
                      "Adjustable": True, "GlobalQuota": False,
                      "QuotaArn": f"arn:aws:servicequotas:{call.region}:{ACCOUNT}:{service}/{code}"}}
