"""Well-known failures: what an error of AWS's most likely comes from, and what mends it. Data only.

Where AWS's own words say both, there is no row. The codes:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html and each operation's own page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """codes: of an error, or words by which it is known where AWS gives no code, as in an Auto Scaling activity;
    saying: only if this is in the message as well."""

    codes: tuple[str, ...]
    cause: str
    mend: str
    saying: str = ""


DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation",
          "AuthorizationError", "AuthorizationErrorException", "NotAuthorized")
LATER = "run the same command again later: it goes on from there"
KNOWN: tuple[Known, ...] = (
    # ------------------------------------------------------------ permissions
    Known(DENIED, "a policy of the organization forbids it, whatever this account allows",
          "ask whoever manages the organization, or work in a region and with services that it allows",
          "service control policy"),
    Known(DENIED, "a resource control policy of the organization forbids it", "ask whoever manages the organization",
          "resource control policy"),
    Known(DENIED, "the permissions boundary of whoever runs tapctl doesn't include it",
          "add the action to the boundary (docs/permissions.md has all that tapctl needs)", "permissions boundary"),
    Known(DENIED, "a policy of whoever runs tapctl, or of the resource, denies it by name",
          "take the action out of that Deny statement", "explicit deny"),
    Known(DENIED, "whoever runs tapctl is not allowed to do it",
          "allow this action to whoever runs tapctl: docs/permissions.md has the whole policy"),
    Known(("KMSKeyNotAccessibleFault", "KMSAccessDeniedException", "KMSAccessDeniedFault", "KmsKeyDisabled",
           "KMSInvalidStateException", "KMSDisabledException", "InvalidKMSKeyException"),
          "the key is disabled or pending deletion, or its policy lets this service or whoever runs tapctl not use it",
          "`tapctl status` says how the key is, and the next `tapctl up` mends its policy and takes it back; allow "
          "kms:CreateGrant and kms:DescribeKey to whoever runs tapctl"),
    Known(("Client.InternalError",), "the instance's volume could not be encrypted: the key's policy, or a policy of "
          "the organization, lets Auto Scaling's own role not use the key",
          "run `tapctl up` again, which mends the key's policy; look for a denied CreateGrant in CloudTrail"),
    # ------------------------------------------------------------ capacity
    Known(("InsufficientInstanceCapacity", "do not have sufficient"),
          "AWS has no room for this instance type in these zones at the moment",
          "run again later, or choose another instance_type"),
    Known(("InsufficientDBInstanceCapacity",), "AWS has no room for this database class in these zones at the moment",
          "run again later, or choose another database_class"),
    Known(("InsufficientFreeAddressesInSubnet", "InsufficientAddressCapacity"), "a subnet has no free addresses left",
          "free addresses, or let [network] vpc_id name a VPC with larger subnets"),
    Known(("UnsupportedOperation", "Unsupported", "is not supported in your requested"),
          "this instance type is not offered in one of the zones",
          "choose another instance_type", "Availability Zone"),
    # ------------------------------------------------------------ quotas
    Known(("VcpuLimitExceeded", "InstanceLimitExceeded", "more vCPU capacity than your current vCPU limit"),
          "the account's quota of vCPUs for On-Demand instances is used",
          "ask for a higher quota of EC2 instances (L-1216C47A), or choose a smaller instance_type or max_size"),
    Known(("InstanceQuotaExceeded",), "the account's quota of databases in this region is used",
          "ask for a higher quota, or remove a database that isn't used"),
    Known(("StorageQuotaExceeded",), "the account's quota of database storage in this region is used",
          "ask for a higher quota of RDS storage"),
    # of an endpoint that stacks share; 16 is the most that AWS gives
    Known(("SecurityGroupsPerInterfaceLimitExceeded",), "too many stacks share an endpoint of this VPC",
          "choose another VPC, or ask for a higher quota: aws service-quotas request-service-quota-increase "
          "--service-code vpc --quota-code L-2AFB9258 --desired-value 16 --region ..."),
    Known(("VpcEndpointLimitExceeded", "VpcLimitExceeded", "SecurityGroupLimitExceeded",
           "RulesPerSecurityGroupLimitExceeded", "TooManyLoadBalancers", "TooManyTargetGroups", "TooManyListeners",
           "TooManyBuckets", "DBSubnetGroupQuotaExceeded", "LimitExceeded", "LimitExceededException",
           "ResourceLimitExceeded", "ServiceQuotaExceededException"),
          "a quota of the account is used", "`tapctl doctor` names the quota and how to raise it; or remove what isn't "
          "used"),
    # ------------------------------------------------------------ the account
    Known(("FreeTierRestrictionError",), "the account is on the free plan, which excludes this",
          "upgrade the account's plan: the free plan excludes this"),
    Known(("PendingVerification",), "the account is new", "AWS is still verifying this account: run again later"),
    Known(("OptInRequired",), "the account has not subscribed to the service, or not enabled the region",
          "enable the region, or finish the account's registration"),
    Known(("ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalError",
           "InternalServerError"), "AWS itself has trouble: https://health.aws.amazon.com tells of it", LATER),
    Known(("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown",
           "ProvisionedThroughputExceededException"), "something calls this service in this account very often",
          LATER),
    Known(("its name is taken by something",), "somebody, or another tool, has made a thing of this name",
          "remove it, or choose another project or environment name: `tapctl doctor` says which names are taken"),
    Known(("OperationNotPermitted", "InvalidParameterCombination"), "somebody has switched deletion protection on",
          "run the same command again, which switches it off", "eletion protection"),
)


def recognised(code: str, message: str) -> Known | None:
    """The failure of this code; without a code, one that the message's words tell of."""
    return next((known for known in KNOWN if known.saying in message
                 and (code in known.codes if code else any(word in message for word in known.codes))), None)
