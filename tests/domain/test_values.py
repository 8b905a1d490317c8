"""Ids, addresses, permissions, scopes, languages, accounts: the small values."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain import errors, ids, scopes
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.languages import LANGUAGES, normalise_language
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import (
    NEEDED,
    Action,
    Actor,
    Role,
    decide,
    gate_before_publication,
)
from fedi_k12.domain.posts import Visibility

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = Addresses("https://home.example", "home.example")


def test_ids_grow_and_are_63_bits():
    made = [ids.new_id() for _ in range(5000)]

    assert made == sorted(set(made))
    assert made[-1] <= ids.MAX_ID


def test_an_id_is_of_its_time():
    assert ids.id_at(NOW) < ids.id_at(NOW.replace(hour=13))
    assert ids.id_at(datetime(1900, 1, 1, tzinfo=UTC)) < 1 << 16


@pytest.mark.parametrize("text", ["", "-1", "1.0", "abc", "\u0661", "9" * 19, "1" * 20, " 1"])
def test_what_is_no_id_is_none(text):
    assert ids.parse_id(text) is None


@given(st.integers(0, ids.MAX_ID))
def test_an_id_survives_being_written(number):
    assert ids.parse_id(str(number)) == number


def test_tokens_are_long_and_kept_as_hashes():
    token = ids.new_token()

    assert len(token) >= 43
    assert token not in ids.hash_token(token)
    assert ids.hash_token(token) == ids.hash_token(token) != ids.hash_token(ids.new_token())


def test_every_address_stands_under_the_server_and_no_two_are_the_same():
    made = [
        HERE.server_actor(), HERE.shared_inbox(), HERE.actor("a"), HERE.inbox("a"),
        HERE.outbox("a"), HERE.followers("a"), HERE.following("a"), HERE.featured("a"),
        HERE.featured_tags("a"), HERE.profile("a"), HERE.post("a", 1), HERE.post_page("a", 1),
        HERE.create("a", 1), HERE.replies("a", 1), HERE.likes("a", 1), HERE.shares("a", 1),
        HERE.activity("a", "follows", 1), HERE.context(1), HERE.tag("maths"),
        HERE.rsa_key(HERE.actor("a")), HERE.ed25519_key(HERE.actor("a")), HERE.file("a.png"),
        HERE.media(1), HERE.media(1, preview=True), HERE.avatar(1), HERE.header(1),
        HERE.emoji(1), HERE.account_page("b@far.example"),
    ]  # fmt: skip

    assert len(set(made)) == len(made)
    assert all(address.startswith("https://home.example/") for address in made)


def test_ids_are_for_ever():
    assert HERE.actor("maya") == "https://home.example/users/maya"
    assert HERE.rsa_key(HERE.actor("maya")) == "https://home.example/users/maya#main-key"
    assert HERE.post("maya", 7) == "https://home.example/users/maya/statuses/7"
    assert HERE.tag("größe/1") == "https://home.example/tags/gr%C3%B6%C3%9Fe%2F1"


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_the_table_says(action, role):
    decision = decide(Actor(1, 1, role), action)

    assert decision.allowed == role.at_least(NEEDED[action])
    assert decision.allowed or NEEDED[action].value in decision.why


def test_roles_include_the_ones_before():
    assert Role.OWNER.at_least(Role.MEMBER)
    assert not Role.MODERATOR.at_least(Role.ADMIN)


def test_members_publish_at_once():
    gate = gate_before_publication(Actor(1, 1, Role.MEMBER))

    assert gate.publish
    assert not gate.hold_seconds


@pytest.mark.parametrize(
    ("granted", "needed", "covered"),
    [
        ("read", "read:statuses", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read:accounts", False),
        ("read:statuses", "read", False),
        ("write", "read", False),
        ("follow", "write:follows", True),
        ("follow", "read:mutes", True),
        ("follow", "write:statuses", False),
        ("read:accounts", "profile", True),
        ("write", "profile", False),
        ("admin:read", "admin:read:accounts", True),
        ("read", "admin:read:accounts", False),
        ("push", "push", True),
    ],
)
def test_a_scope_includes_its_parts_and_no_more(granted, needed, covered):
    assert scopes.covers(frozenset({granted}), needed) is covered
    assert scopes.all_covered(frozenset({granted}), frozenset({needed})) is covered


def test_scopes_are_read_and_written():
    assert scopes.parse_scopes("write read+follow") == {"read", "write", "follow"}
    assert scopes.parse_scopes("") == {"read"}
    assert scopes.in_order(frozenset({"push", "write", "read"})) == "read write push"


def test_unknown_scopes_are_refused():
    with pytest.raises(InvalidError, match="sudo"):
        scopes.parse_scopes("read sudo")


def test_every_scope_can_be_said_in_words():
    said = scopes.in_plain_words(frozenset(scopes.SCOPES))

    assert [name for name, _ in said] == list(scopes.SCOPES_IN_WORDS)
    assert all(words for _, words in said)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("EN", "en"), ("pt_br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"),
        (" fil ", "fil"), ("und", None), ("english", None), ("", None), ("e", None),
        ("en-x-long-private", None),
    ],
)  # fmt: skip
def test_languages_are_written_as_the_standard_says(text, tag):
    assert normalise_language(text) == tag


def test_every_known_language_is_one():
    assert all(normalise_language(tag) == tag for tag in LANGUAGES)


def subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def test_refusals_have_a_status_for_the_web_and_a_word_for_programs():
    kinds = [
        kind for kind in subclasses(errors.DomainError) if kind.__module__ == errors.__name__
    ]

    assert {kind.status for kind in kinds} == {
        400,
        401,
        403,
        404,
        409,
        410,
        413,
        415,
        422,
        429,
        503,
    }
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert errors.TooManyError("Slowly.").retry_after == 60
    assert errors.InvalidError("No.", fields={"a": "is wrong"}).fields == {"a": "is wrong"}


def account(**changes):
    values = {
        "id": 1, "uri": "https://home.example/users/a", "url": "https://home.example/@a",
        "kind": "Person", "username": "a", "domain": "", "display_name": "", "note": "",
        "created_at": NOW,
    }  # fmt: skip
    return AccountView(**{**values, **changes})


def test_an_account_knows_what_it_is_called():
    assert account().acct == "a"
    assert account().name == "a"
    assert account().is_local
    assert account(domain="far.example").acct == "a@far.example"
    assert not account(domain="far.example").is_local
    assert account(display_name="Ada").name == "Ada"
    assert account(kind="Service").is_bot
    assert account(kind="Group").is_group


def test_visibilities_are_in_order_of_how_many_see():
    order = sorted(Visibility, key=lambda item: item.breadth)

    assert order == [
        Visibility.DIRECT, Visibility.FOLLOWERS, Visibility.UNLISTED, Visibility.PUBLIC,
    ]  # fmt: skip


def test_a_page_keeps_its_cursors_when_its_things_change():
    page = Page([1, 2], newest=9, oldest=3).with_items(["a"])

    assert (page.items, page.newest, page.oldest) == (["a"], 9, 3)
    assert PageRequest(min_id=1).ascending
    assert not PageRequest(max_id=1).ascending
