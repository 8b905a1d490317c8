"""Which hosts are talked with, and how far.

Row 1.17 "Domain policies": levels, subdomains, IDN.
Row 1.17 "Allowlist mode": precedence, wildcards that somebody wrote, one way or both.
"""

import pytest

from fedi_k12.domain.hosts import HostRule, decide_host, obfuscated, rule_name


def decided(host, *rules, mode="open"):
    return decide_host(host, {rule.domain: rule for rule in rules}, mode=mode)


def suspend(domain):
    return HostRule(domain, "suspend")


def allow(domain, **more):
    return HostRule(domain, "allow", **more)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("evil.example", id="itself"),
        pytest.param("x.y.evil.example", id="FED-109 a subdomain"),
        pytest.param("EVIL.example", id="FED-109 capitals"),
        pytest.param("evil.example.", id="FED-109 a trailing dot"),
        pytest.param("evil.example:8443", id="FED-109 a port"),
    ],
)
@pytest.mark.parametrize("mode", ["open", "allowlist"])
def test_a_suspension_holds_in_every_spelling(host, mode):
    assert not decided(host, suspend("evil.example"), mode=mode).allowed


def test_fed_109_an_international_name_is_one_name():
    rule = suspend("xn--schle-mva.example")

    assert not decided("schüle.example", rule).allowed
    assert not decided("www.xn--schle-mva.example", rule).allowed


def test_fed_109_an_address_is_a_host():
    assert not decided("[2001:db8::1]:443", suspend("[2001:db8::1]")).allowed


@pytest.mark.parametrize("host", ["notevil.example", "evil.example.org", "example"])
def test_a_label_is_compared_whole(host):
    assert decided(host, suspend("evil.example")).allowed


def test_in_open_mode_an_explicit_allow_beats_a_broader_block():
    rules = suspend("k12.st.us"), allow("a.k12.st.us")

    assert decided("a.k12.st.us", *rules).allowed
    assert not decided("b.k12.st.us", *rules).allowed


@pytest.mark.parametrize("severity", ["limit", "normal"])
def test_only_an_allow_excepts_from_a_broader_block(severity):
    rules = suspend("k12.st.us"), HostRule("a.k12.st.us", severity)

    assert not decided("a.k12.st.us", *rules).allowed
    assert decided("a.k12.st.us", allow("k12.st.us"), rules[1]).allowed


def test_in_allowlist_mode_a_block_beats_an_allow():
    rules = suspend("k12.st.us"), allow("a.k12.st.us")

    assert not decided("a.k12.st.us", *rules, mode="allowlist").allowed


def test_an_allow_is_for_subdomains_only_where_that_was_written():
    named, below = allow("k12.st.us"), allow("*.k12.st.us")

    assert decided("k12.st.us", named, mode="allowlist").allowed
    assert not decided("a.k12.st.us", named, mode="allowlist").allowed
    assert decided("a.k12.st.us", below, mode="allowlist").allowed
    assert decided("b.a.k12.st.us", below, mode="allowlist").allowed
    assert not decided("k12.st.us", below, mode="allowlist").allowed
    assert not decided("xk12.st.us", below, mode="allowlist").allowed


def test_an_allow_can_be_for_one_way():
    taken = decided("a.org", allow("a.org", direction="in"), mode="allowlist")
    sent = decided("a.org", allow("a.org", direction="out"), mode="allowlist")

    assert (taken.takes, taken.sends) == (True, False)
    assert (sent.takes, sent.sends) == (False, True)


def test_media_and_reports_are_refused_without_limiting_the_rest():
    rule = HostRule("a.org", "normal", reject_media=True, reject_reports=True)

    found = decided("b.a.org", rule)

    assert (found.allowed, found.limited) == (True, False)
    assert (found.reject_media, found.reject_reports) == (True, True)


def test_nobody_is_talked_with_when_federation_is_off():
    assert not decided("a.org", allow("a.org"), mode="off").allowed


def test_the_star_stays_only_with_an_allow():
    assert rule_name("*.K12.us", "allow") == "*.k12.us"
    assert rule_name("*.k12.us", "suspend") == "k12.us"


def test_an_obfuscated_name_is_recognised_by_who_knows_it():
    assert obfuscated("harassment.example") == "hara******.***mple"
