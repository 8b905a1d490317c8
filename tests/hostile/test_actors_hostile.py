"""FED-2, FED-9, FED-12, FED-33: actors that claim what is not theirs."""

import pytest

from federation.vocab.actor import MAX_ALIASES, MAX_FIELDS, MAX_KEYS, keys_in, parse_actor
from fedi_k12.domain.errors import InvalidError
from tests.hostile.documents import ACTOR, RIA, many

ACTORS = {
    "no id": {"id": None},
    "no kind": {"type": "Note"},
    "no inbox": {"inbox": None},
    "FED-12 an inbox elsewhere": {"inbox": "https://victim.example/inbox"},
    "FED-8 a name with a blank": {"preferredUsername": "a b"},
    "FED-8 a name with an at": {"preferredUsername": "a@b"},
    "FED-8 a name with a slash": {"preferredUsername": "a/b"},
    "FED-8 a name with a control": {"preferredUsername": "a\x01b"},
    "no name": {"preferredUsername": ""},
}


@pytest.mark.parametrize("changes", ACTORS.values(), ids=list(ACTORS))
def test_an_actor_that_lacks_what_it_needs_is_refused(changes):
    with pytest.raises(InvalidError):
        parse_actor({**ACTOR, **changes})


def test_an_actors_addresses_of_elsewhere_are_as_if_they_were_not_there():
    """FED-12."""
    actor = parse_actor(
        {
            **ACTOR,
            "followers": "https://victim.example/users/a/followers",
            "following": "https://victim.example/users/a/following",
            "outbox": "https://victim.example/outbox",
            "featured": "https://victim.example/featured",
            "endpoints": {"sharedInbox": "https://victim.example/inbox"},
        }
    )

    assert actor.followers is actor.following is actor.outbox is actor.featured is None
    assert actor.shared_inbox is None


def test_an_actor_without_a_name_has_that_of_its_webfinger():
    actor = parse_actor(
        {**ACTOR, "preferredUsername": None, "webfinger": "acct:ria@school.example"}
    )

    assert actor.username == "ria"


def key(**changes):
    return {"id": f"{RIA}#main-key", "owner": RIA, "publicKeyPem": "PEM", **changes}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"owner": "https://far.example/users/pat"}, id="FED-29 of somebody else"),
        pytest.param({"id": "https://evil.example/key"}, id="FED-29 of another server"),
        pytest.param({"id": None}, id="without an id"),
        pytest.param({"publicKeyPem": None}, id="without a key"),
        pytest.param({"publicKeyPem": {"a": 1}}, id="a key that is no text"),
    ],
)
def test_keys_that_are_not_the_actors_are_left_out(changes):
    assert len(keys_in({"publicKey": key()}, RIA)) == 1
    assert keys_in({"publicKey": key(**changes)}, RIA) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"controller": "https://far.example/users/pat"},
        {"controller": None},
        {"id": "x"},
        {"type": "Key"},
    ],
)
def test_multikeys_of_somebody_else_are_left_out(changes):
    """FED-36."""
    good = {
        "id": f"{RIA}#k",
        "type": "Multikey",
        "controller": RIA,
        "publicKeyMultibase": "z6Mk",
    }

    assert len(keys_in({"assertionMethod": [good]}, RIA)) == 1
    assert keys_in({"assertionMethod": [{**good, **changes}]}, RIA) == []


def test_a_flood_of_keys_is_cut_and_the_first_of_an_id_counts():
    """FED-33."""
    flood = [key(id=f"{RIA}#k{n}") for n in range(10_000)]
    twice = [key(publicKeyPem="first"), key(publicKeyPem="second")]

    assert len(keys_in({"publicKey": flood}, RIA)) == MAX_KEYS
    assert [found.pem for found in keys_in({"publicKey": twice}, RIA)] == ["first"]


def test_a_flood_of_fields_and_aliases_is_cut():
    """FED-61."""
    actor = parse_actor(
        {
            **ACTOR,
            "attachment": many(50_000, type="PropertyValue", name="n{}", value="v"),
            "alsoKnownAs": [f"https://far.example/{n}" for n in range(5000)],
            "attributionDomains": ["a" * 300, *("b.example",) * 5000],
        }
    )

    assert len(actor.fields) == MAX_FIELDS
    assert len(actor.also_known_as) == MAX_ALIASES
    assert len(actor.attribution_domains) <= MAX_ALIASES


@pytest.mark.parametrize("icon", [None, 5, [], "javascript:x", {"url": 5}, [{}, {"type": "x"}]])
def test_pictures_that_lead_nowhere_are_none(icon):
    assert parse_actor({**ACTOR, "icon": icon}).icon_url is None


@pytest.mark.parametrize(
    "icon",
    [
        "https://far.example/a.png",
        {"url": "https://far.example/a.png"},
        {"href": "https://far.example/a.png"},
        [{"url": [{"href": "https://far.example/a.png"}]}],
    ],
)
def test_pictures_are_read_in_every_usual_form(icon):
    assert parse_actor({**ACTOR, "icon": icon}).icon_url == "https://far.example/a.png"
