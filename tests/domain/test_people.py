"""Handles, names, passwords and e-mail addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.people import (
    RESERVED,
    Handle,
    check_password,
    check_username,
    looks_like,
    normalise_email,
    normalise_host,
    parse_handle,
)

OWN = {"home.example"}


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        pytest.param("@maya@far.example", Handle("maya", "far.example"), id="in full"),
        pytest.param("maya@far.example", Handle("maya", "far.example"), id="without an @"),
        pytest.param("acct:maya@far.example", Handle("maya", "far.example"), id="acct"),
        pytest.param(" @Maya@FAR.example ", Handle("Maya", "far.example"), id="capitals"),
        pytest.param("@maya", Handle("maya", None), id="of this server"),
        pytest.param("@maya@home.example", Handle("maya", None), id="this server by name"),
        pytest.param("@m@l.localhost:8081", Handle("m", "l.localhost:8081"), id="with a port"),
        pytest.param("@m@schüle.example", Handle("m", "xn--schle-mva.example"), id="FED-7 IDN"),
    ],
)
def test_handles_are_read_in_every_usual_form(text, handle):
    assert parse_handle(text, own_hosts=OWN) == handle


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("@", id="a sign"),
        pytest.param("@a b@far.example", id="FED-8 a space"),
        pytest.param("@a/b@far.example", id="FED-8 a slash"),
        pytest.param("@maya@", id="no host"),
        pytest.param("@maya@far.example/x", id="a path"),
        pytest.param("@maya@a..b", id="two dots"),
        pytest.param("@maya@\u200b", id="an invisible host"),
        pytest.param("@" + "a" * 3000 + "@far.example", id="FED-8 10 kB"),
        pytest.param("@maya\x00@far.example", id="FED-8 a control"),
    ],
)
def test_what_is_no_handle_is_refused_with_an_example(text):
    with pytest.raises(InvalidError, match="One looks like"):
        parse_handle(text, own_hosts=OWN)


def test_a_handle_is_written_with_its_signs():
    assert str(Handle("maya", None)) == "@maya"
    assert str(Handle("maya", "far.example")) == "@maya@far.example"


@given(st.text(max_size=80))
def test_any_text_is_a_handle_or_refused(text):
    try:
        handle = parse_handle(text, own_hosts=OWN)
    except InvalidError:
        return

    assert parse_handle(str(handle), own_hosts=OWN) == handle


@pytest.mark.parametrize("host", ["", "a b", "-a", "a\\b", "xn--\udcff", "a" * 300, "a:b"])
def test_what_is_no_host_is_refused(host):
    with pytest.raises(InvalidError):
        normalise_host(host)


def test_a_username_is_kept_in_small_letters():
    assert check_username(" Maya_O ") == "maya_o"


@pytest.mark.parametrize("name", ["", "a b", "maya.o", "ma@ya", "x" * 31, "m\u00e4ya", "a-b"])
def test_odd_usernames_are_refused(name):
    with pytest.raises(InvalidError) as refused:
        check_username(name)

    assert "username" in refused.value.fields


@pytest.mark.parametrize("name", ["admin", "Admin", "adm_in", "supp0rt", "_root_", "rnod"])
def test_names_that_read_as_the_staff_are_refused(name):
    with pytest.raises(InvalidError, match="kept for"):
        check_username(name)


def test_every_reserved_name_is_refused():
    for name in RESERVED:
        with pytest.raises(InvalidError):
            check_username(name)


def test_lookalikes_are_seen_through():
    assert looks_like("\u0430dmin", "admin")
    assert looks_like("ad\u0301min", "ADMIN")
    assert not looks_like("maya", "tom")


def test_four_words_are_a_good_password():
    words = "correct horse battery staple"

    assert check_password(words, username="maya", email="maya@home.example") == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("short", "15 letters", id="too short"),
        pytest.param("x" * 257, "256", id="too long"),
        pytest.param("a" * 20, "easy to guess", id="one letter"),
        pytest.param("maya@home.example", "easy to guess", id="the e-mail address"),
        pytest.param("a_long_username_here", "easy to guess", id="the username"),
    ],
)
def test_weak_passwords_are_refused(text, words):
    with pytest.raises(InvalidError, match=words):
        check_password(text, username="a_long_username_here", email="maya@home.example")


def test_an_email_address_is_kept_in_small_ascii():
    assert normalise_email(" Maya@Home.Example ") == "maya@home.example"
    assert normalise_email("m@schüle.example") == "m@xn--schle-mva.example"


@pytest.mark.parametrize("text", ["", "maya", "@a.example", "a@b", "a b@c.org", "a@b.org:25"])
def test_what_is_no_email_address_is_refused(text):
    with pytest.raises(InvalidError, match="e-mail"):
        normalise_email(text)
