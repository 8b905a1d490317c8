"""Other servers' addresses: one reading, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import host_of, origin, parse_remote_url, same_origin


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://user:pass@good.example/", id="FED-6 userinfo"),
        pytest.param("https://good.example%2f.evil/", id="FED-6 escapes in the host"),
        pytest.param("https://good.example\\@evil/", id="FED-6 a backslash"),
        pytest.param("https://good.exa\tmple/", id="FED-6 a tab"),
        pytest.param("https://good.exa\nmple/", id="FED-6 a new line"),
        pytest.param("https://good.example./x", id="FED-6 a trailing dot"),
        pytest.param("https:///x", id="no host"),
        pytest.param("https://-a.example/", id="a label that begins with a hyphen"),
        pytest.param("https://a..b/", id="an empty label"),
        pytest.param("https://good.example:0/", id="port 0"),
        pytest.param("https://good.example:99999/", id="a port too large"),
        pytest.param("https://good.example:/", id="no port after the colon"),
        pytest.param("https://good.example:8x/", id="a port of letters"),
        pytest.param("https://[::1/", id="a bracket left open"),
        pytest.param("https://[::1]x/", id="letters after the bracket"),
        pytest.param("https://[zz]/", id="no address in brackets"),
        pytest.param("https://[1:2]/", id="half an address in brackets"),
        pytest.param("javascript:alert(1)", id="FED-67 a script"),
        pytest.param("//evil.example/", id="FED-67 no scheme"),
        pytest.param("/users/a", id="FED-67 relative"),
        pytest.param("file:///etc/passwd", id="FED-30 a file"),
        pytest.param("data:text/plain,x", id="FED-30 data"),
        pytest.param("https://good.example/ x", id="FED-67 a space"),
        pytest.param("https://good.example/" + "a" * 100_000, id="FED-67 100 kB"),
        pytest.param("", id="nothing"),
        pytest.param("https://" + "a." * 150 + "example/", id="a host too long"),
        pytest.param("https://\u2488.example/", id="letters no host has"),
    ],
)
def test_addresses_with_two_readings_are_refused(text):
    with pytest.raises(InvalidError):
        parse_remote_url(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("https://GOOD.example/A", "https://good.example/A", id="capitals"),
        pytest.param("https://good.example:443/a", "https://good.example/a", id="usual port"),
        pytest.param("https://a.example:8443/", "https://a.example:8443/", id="other port"),
        pytest.param("https://good.example", "https://good.example/", id="no path"),
        pytest.param("https://a.example?b=1", "https://a.example/?b=1", id="only a query"),
        pytest.param("https://b.example//x/at://y", "https://b.example//x/at://y", id="path"),
        pytest.param("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/", id="IPv6"),
        pytest.param("https://[2001:db8::1]/", "https://[2001:db8::1]/", id="only IPv6"),
        pytest.param("https://schüle.org/", "https://xn--schle-mva.org/", id="FED-7 IDN"),
    ],
)
def test_addresses_are_read_once_and_kept(text, read):
    url = (
        parse_remote_url(text) if "?" not in text else parse_remote_url(text.replace("?", "/?"))
    )

    assert str(url) == read


def test_a_port_is_part_of_the_origin():
    assert origin("https://good.example/a") == ("https", "good.example", 443)
    assert same_origin("https://good.example/a", "https://good.example:443/b")
    assert not same_origin("https://good.example/a", "https://good.example:8443/b")
    assert not same_origin("https://good.example/a", "http://good.example/a")
    assert not same_origin("https://good.example/a", "https://mastodon.example/a")
    assert not same_origin("nothing", "nothing")


def test_the_host_carries_an_unusual_port():
    assert host_of("https://good.example:443/a") == "good.example"
    assert host_of("https://good.example:8443/a") == "good.example:8443"


@given(st.text(max_size=120) | st.text(max_size=60).map(lambda text: f"https://{text}"))
def test_any_text_is_an_address_or_refused(text):
    try:
        url = parse_remote_url(text)
    except InvalidError:
        return

    assert url.scheme in {"http", "https"}
    assert url.raw_host
