from __future__ import annotations

from typing import Any

import pytest

from tapctl.facts import survey
from tapctl.model import Gone
from tapctl.resources.listener import OLDER_TLS_POLICY, TLS_POLICY, Listener
from tests.resources.part import NewPart, Part

NAME, EAST = "TapStack-production-us-east-1", ("us-east-1",)
HTTP, HTTPS = "us-east-1/listener/http", "us-east-1/listener/https"


def certified(part: NewPart) -> Part:
    """The listeners where there is a certificate for the region."""
    certificates = part("listener", regions=EAST).client("acm")
    listed = certificates.list_certificates()["CertificateSummaryList"]
    arn = listed[0]["CertificateArn"] if listed else certificates.request_certificate(
        DomainName="app.example.com")["CertificateArn"]
    return part("listener", regions=EAST, **{"certificate_arns.us-east-1": arn})


def listeners(stack: Part, region: str = "us-east-1") -> dict[int, dict[str, Any]]:
    elb = stack.client("elbv2", region)
    balancer, = elb.describe_load_balancers(Names=[f"TapStack-production-{region}"])["LoadBalancers"]
    found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {one["Port"]: one for one in found}


@pytest.fixture
def listener(part: NewPart) -> Part:
    stack = part("listener", regions=EAST)
    stack.made()
    return stack


def test_without_a_certificate_http_forwards(listener: Part) -> None:
    assert listeners(listener).keys() == {80}
    assert listeners(listener)[80]["DefaultActions"][0]["Type"] == "forward"
    listener.at_rest()
    listener.gone()


@pytest.fixture
def secure(part: NewPart) -> Part:
    stack = certified(part)
    stack.made()
    return stack


def test_with_a_certificate_https_forwards_and_http_redirects(secure: Part) -> None:
    have = listeners(secure)
    assert have[443]["DefaultActions"][0]["Type"] == "forward"
    assert have[443]["Certificates"] == [{"CertificateArn": secure.settings.certificate_arns["us-east-1"]}]
    assert have[443]["SslPolicy"] == TLS_POLICY
    redirect = have[80]["DefaultActions"][0]["RedirectConfig"]
    assert (redirect["Protocol"], redirect["Port"], redirect["StatusCode"]) == ("HTTPS", "443", "HTTP_301")
    secure.at_rest()
    secure.gone()


def test_regions_with_and_without_a_certificate_stand_side_by_side(part: NewPart) -> None:
    west = part("listener").client("acm", "us-west-2").request_certificate(DomainName="w.example.com")["CertificateArn"]
    stack = part("listener", **{"certificate_arns.us-west-2": west})
    stack.made()
    assert {port: one["DefaultActions"][0]["Type"] for port, one in listeners(stack).items()} == {80: "forward"}
    there = listeners(stack, "us-west-2")
    assert {port: one["DefaultActions"][0]["Type"] for port, one in there.items()} == {80: "redirect", 443: "forward"}
    assert there[443]["Certificates"] == [{"CertificateArn": west}]
    stack.at_rest()
    stack.gone()


def test_a_certificate_that_is_configured_later_changes_http_once_https_is_there(part: NewPart) -> None:
    part("listener", regions=EAST).made()
    stack = certified(part)
    up = stack.made()
    assert set(up.plan.changes) >= {(HTTP, "settings"), (HTTPS, "create")}
    assert [call.operation for call in up.mutating] == ["CreateListener", "ModifyListener"]
    stack.at_rest()


def test_without_the_certificate_again_http_forwards_and_https_is_surplus(part: NewPart) -> None:
    certified(part).made()
    up = part("listener", regions=EAST).made()
    assert set(up.plan.changes) == {(HTTP, "settings")}
    assert [item.it.key for item in up.surplus if item.kind is Listener] == [HTTPS]


def test_settings_and_tags_are_set_back(secure: Part) -> None:
    elb, have = secure.client("elbv2"), listeners(secure)
    elb.modify_listener(ListenerArn=have[443]["ListenerArn"], SslPolicy="ELBSecurityPolicy-2016-08")
    elb.modify_listener(ListenerArn=have[80]["ListenerArn"], DefaultActions=have[443]["DefaultActions"])
    elb.add_tags(ResourceArns=[have[80]["ListenerArn"]], Tags=[{"Key": "Owner", "Value": "somebody"}])
    secure.mends(f"{HTTP} settings", f"{HTTP} tags", f"{HTTPS} settings")
    assert listeners(secure)[443]["SslPolicy"] == TLS_POLICY


def test_where_aws_lacks_the_policy_the_one_before_is_wanted(part: NewPart) -> None:
    stack = certified(part)
    with stack.refusing("elbv2", "DescribeSSLPolicies", "SSLPolicyNotFound"):
        assert survey(stack.cloud, stack.settings)["us-east-1"].tls_policy == OLDER_TLS_POLICY
    assert survey(stack.cloud, stack.settings)["us-east-1"].tls_policy == TLS_POLICY


def test_a_load_balancer_that_elb_does_not_know_yet_is_waited_for(part: NewPart) -> None:
    stack = part("listener", regions=EAST)
    with stack.refusing("elbv2", "CreateListener", "LoadBalancerNotFound", times=2):
        stack.made()


def test_a_strangers_on_our_port_is_left(part: NewPart) -> None:
    part("load_balancer", regions=EAST).made()
    stack = part("listener", regions=EAST)
    elb = stack.client("elbv2")
    balancer = elb.describe_load_balancers(Names=[NAME])["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}])
    assert "without this stack's tags; it is left as it is" in stack.up().failures[f"{HTTP} exists"]
    assert listeners(stack)[80]["DefaultActions"][0]["Type"] == "fixed-response"


def test_a_like_one_without_our_tags_is_left_too(listener: Part) -> None:
    """AWS answers the creation of one with the same settings as if it were made."""
    arn = listeners(listener)[80]["ListenerArn"]
    listener.client("elbv2").remove_tags(ResourceArns=[arn], TagKeys=["tapctl:key"])
    assert f"{arn} is in its place" in listener.up().failures[f"{HTTP} exists"]


def test_our_tags_on_another_port_claim_nothing(listener: Part) -> None:
    elb, have = listener.client("elbv2"), listeners(listener)
    elb.create_listener(
        LoadBalancerArn=have[80]["LoadBalancerArn"], Port=8080, Protocol="HTTP",
        DefaultActions=have[80]["DefaultActions"],
        Tags=[{"Key": name, "Value": value} for name, value in listener.place.tags(HTTP).items()])
    assert [it.raw["Port"] for it in Listener.owned(listener.cloud)] == [80]


def test_a_load_balancer_that_goes_meanwhile_takes_its_listeners_along(listener: Part) -> None:
    it = listener.found(HTTP)
    with listener.refusing("elbv2", "DescribeListeners", "LoadBalancerNotFound"):
        assert list(Listener.owned(listener.cloud)) == []
    assert Listener.delete(listener.cloud, it) is Gone.NOW
    assert Listener.delete(listener.cloud, it) is Gone.NOW
