"""Variables: those of tapctl's settings, and those that botocore and the system read."""

from __future__ import annotations

from collections.abc import Mapping

from tests.bad_input.configs import ACM
from tests.bad_input.listeners import hanging_up
from tests.bad_input.row import KEYS, Row

SETTINGS: tuple[tuple[Mapping[str, str], list[str]], ...] = (
    ({"TAPCTL_DATABSE__NAME": "x"}, ["TAPCTL_DATABSE__NAME", "did you mean TAPCTL_DATABASE__NAME?"]),
    ({"TAPCTL_BUCKETREGION": "x"}, ["TAPCTL_BUCKETREGION", "did you mean TAPCTL_BUCKET_REGION?"]),
    ({"TAPCTL_QQQQQQQQQQQQQQQQQQQQQQQQ": "x"}, ["TAPCTL_QQQQ", "unset it"]),
    ({"TAPCTL_ENVIRONMENT": "x"}, ["TAPCTL_ENVIRONMENT", "did you mean ENVIRONMENT?"]),
    ({"TAPCTL_": "x"}, ["TAPCTL_", "is no setting's variable"]),
    ({"TAPCTL_OWNER__NAME": "x"}, ["TAPCTL_OWNER__NAME", "is no setting's variable"]),
    ({"TAPCTL_REGIONS__X": "x"}, ["TAPCTL_REGIONS__X", "did you mean TAPCTL_REGIONS?"]),
    ({"TAPCTL_\x1b": "x"}, ["'TAPCTL_\\x1b'", "is no setting's variable"]),
    ({"TAPCTL_APP": "x"}, ["TAPCTL_APP", "names a table", "TAPCTL_APP__PORT"]),
    ({"TAPCTL_CERTIFICATE_ARNS": "x"}, ["TAPCTL_CERTIFICATE_ARNS", "names a table", "_ARNS__<NAME>"]),
    ({"TAPCTL_ENVIRONMENTS__QA": "x"}, ["TAPCTL_ENVIRONMENTS__QA", "TAPCTL_ENVIRONMENTS__QA__INSTANCE_TYPE"]),
    ({"TAPCTL_APP__PORT": "http"}, ["TAPCTL_APP__PORT = 'http'", "is not a whole number"]),
    ({"TAPCTL_APP__PORT": "80"}, ["TAPCTL_APP__PORT = 80", "is below 1024"]),
    ({"TAPCTL_ENDPOINTS__S3": "1"}, ["TAPCTL_ENDPOINTS__S3 = '1'", "give true or false"]),
    ({"TAPCTL_REGIONS": ","}, ["TAPCTL_REGIONS = []", "names no region"]),
    ({"TAPCTL_REGIONS": "us-east-1,west"}, ["TAPCTL_REGIONS = 'west'", "not the name of an AWS region"]),
    ({"TAPCTL_REGIONS": "us-east-1 us-west-2"}, ["TAPCTL_REGIONS = 'us-east-1 us-west-2'", "AWS region"]),
    ({"TAPCTL_OWNER": "\udcff\x1b"}, ["TAPCTL_OWNER = '\\udcff\\x1b'", "is no tag value"]),
    ({"TAPCTL_NETWORK__PEERING": "\udcff"}, ["TAPCTL_NETWORK__PEERING = '\\udcff'", "not UTF-8", "in UTF-8"]),
    ({"AWS_REGION": "mars"}, ["AWS_REGION = 'mars'", "not the name of an AWS region"]),
    ({"AWS_DEFAULT_REGION": "us-gov-west-1"}, ["AWS_DEFAULT_REGION", "aws-us-gov, aws", "one partition"]),
    ({"BUCKET_REGION": "eu-west-1"}, ["BUCKET_REGION = 'eu-west-1'", "give one of us-east-1, us-west-2"]),
    ({"TAPCTL_CERTIFICATE_ARNS__US_EAST_1": ACM.format("us-west-2")},
     ["TAPCTL_CERTIFICATE_ARNS__US_EAST_1", "is of us-west-2"]),
)

SDK = "a setting of AWS's SDK is not usable"
MACHINE = {"AWS_EC2_METADATA_DISABLED": "false"}
BOTOCORES: tuple[tuple[Mapping[str, str], list[str]], ...] = (
    ({**KEYS, "AWS_DEFAULTS_MODE": "hard"}, [SDK, "defaults mode: hard", "AWS_* variable"]),
    ({**KEYS, "AWS_STS_REGIONAL_ENDPOINTS": "yes"}, [SDK, "STS regional endpoints option yes", "AWS_* variable"]),
    ({**KEYS, "AWS_REQUEST_CHECKSUM_CALCULATION": "never"}, [SDK, "request_checksum_calculation", "never"]),
    ({**KEYS, "AWS_RESPONSE_CHECKSUM_VALIDATION": "never"}, [SDK, "response_checksum_validation", "never"]),
    ({**KEYS, "AWS_ACCOUNT_ID_ENDPOINT_MODE": "never"},
     ["the AWS configuration is not usable", "account_id_endpoint_mode", "never"]),
    ({**MACHINE, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "x y"},
     ["there are no usable AWS credentials", "this machine", "x y", "AWS_PROFILE"]),
    ({**MACHINE, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "x"},
     ["there are no usable AWS credentials", "this machine", "endpoint mode: x"]),
    ({**MACHINE, "AWS_METADATA_SERVICE_TIMEOUT": "x"}, ["there are no usable AWS credentials", "'x'", "AWS_PROFILE"]),
)
PROXIES: tuple[tuple[Mapping[str, str], list[str]], ...] = (
    ({"HTTPS_PROXY": "http://127.0.0.1:9"}, ["the proxy http://127.0.0.1:9 can't be reached", "check HTTPS_PROXY"]),
    ({"HTTPS_PROXY": "http://me:hunter2@127.0.0.1:9"}, ["the proxy http://***:***@127.0.0.1:9", "check HTTPS_PROXY"]),
    ({"https_proxy": "127.0.0.1:9"}, ["the proxy http://127.0.0.1:9 can't be reached", "check HTTPS_PROXY"]),
    ({"HTTPS_PROXY": "socks5://127.0.0.1:9"}, ["the proxy", "socks5", "check HTTPS_PROXY"]),
    ({"HTTPS_PROXY": "::::"}, ["AWS can't be reached", "'::::'", "HTTPS_PROXY"]),
    ({"HTTPS_PROXY": "http://a:port"}, ["AWS can't be reached", "'a:port'", "HTTPS_PROXY"]),
)
UNPARSED = ["the AWS configuration is not usable", "{home}/aws", "check AWS_PROFILE, ~/.aws/config"]

ENVIRONMENTS = (
    *(Row(said, environ=environ) for environ, said in BOTOCORES),
    *(Row(said, environ={**KEYS, **environ}, listening=hanging_up) for environ, said in PROXIES),
    *(Row(UNPARSED, environ={**KEYS, name: "{home}/aws"}, files={"aws": held})
      for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
      for held in ("[default\nx", "nonsense", "\x00\x01", "[default]\nregion = a\n[default]\nregion = b\n")),
    *(Row(said, environ=environ) for environ, said in SETTINGS),
    Row(["ENVIRONMENT = 'Production'", "lower-case letters", '"production"'], args="plan",
        environ={"ENVIRONMENT": "Production"}),
    Row(["ENVIRONMENT = 'eee", "1 to 24"], args="up --yes", environ={"ENVIRONMENT": "e" * 25}),
    Row(["--env = 'not ok'", "no environment name"], args="status --env 'not ok'", environ={"ENVIRONMENT": "ok"}),
    Row(["config.toml: app", "is not a table"], files={"config.toml": "app = 1"}, environ={"TAPCTL_APP__PORT": "8081"}),
    Row(["config.toml: environments.qa, TAPCTL_ENVIRONMENTS__QA__MAX_SIZE", "are not in order"],
        files={"config.toml": "[environments.qa]\nmin_size = 2\ndesired_size = 2"},
        environ={"TAPCTL_ENVIRONMENTS__QA__MAX_SIZE": "1"}),
)
