"""Documents in the dialects of other software: each says what it means to say."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.vocab import values
from federation.vocab.actor import parse_actor
from federation.vocab.check import check_activity, is_plain
from federation.vocab.decode import decode, decode_again
from federation.vocab.note import parse_object, visibility_of
from federation.vocab.parse import parse_activity
from fedi_k12.domain.posts import Visibility

SAMPLES = Path(__file__).parent.parent.parent / "samples"


def sample(name):
    return decode((SAMPLES / name).read_bytes())


def note_in(name):
    raw = sample(name)
    return parse_object(raw.get("object") if raw["type"] == "Create" else raw)


@pytest.mark.parametrize(
    "path", sorted(SAMPLES.rglob("*.json")), ids=lambda path: str(path.relative_to(SAMPLES))
)
def test_every_sample_is_read(path):
    raw = decode(path.read_bytes())

    assert decode_again(path.read_text("utf-8")) == raw
    if "actor" in raw and "object" in raw:
        check_activity(raw)
        assert is_plain(raw) or not isinstance(raw["object"], str | dict)
        assert parse_activity(raw).actor
    elif "inbox" in raw:
        assert parse_actor(raw).inbox
    else:
        assert parse_object(raw).id


def test_mastodon_note_has_all_its_parts():
    note = note_in("mastodon/create_note.json")

    assert note.kind == "Note"
    assert note.summary == "A long one"
    assert note.sensitive
    assert note.language == "en"
    assert note.in_reply_to == "https://home.example/users/maya/statuses/7"
    assert note.conversation == "tag:m.example,2026-11-20:objectId=9:objectType=Conversation"
    assert [m.href for m in note.mentions] == ["https://home.example/users/maya"]
    assert note.hashtags == (("fractions", "Fractions"),)
    assert [(e.shortcode, e.url) for e in note.emojis] == [
        ("owl", "https://files.m.example/e/owl.png")
    ]
    picture = note.attachments[0]
    assert (picture.kind, picture.alt) == ("image", "A sheet of paper in eight parts")
    assert (picture.width, picture.height) == (1600, 1200)
    assert picture.focus == (0.5, -0.25)
    assert picture.blurhash == "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH"
    assert visibility_of(note, followers_uri=None) is Visibility.PUBLIC
    assert not note.is_vote


def test_mastodon_actor_has_all_its_parts():
    """Row 1.2 "Required fields in" and "Profile fields"."""
    actor = parse_actor(sample("mastodon/actor.json"))

    assert (actor.username, actor.name) == ("ada", "Ada :owl:")
    assert actor.shared_inbox == "https://m.example/inbox"
    assert actor.fields == (("Teaches", "Mathematics"),)
    assert actor.icon_url == "https://files.m.example/a.png"
    assert actor.icon_alt == "Ada at the board"
    assert actor.discoverable
    assert not actor.indexable
    assert actor.attribution_domains == ("lessons.example",)
    assert [key.id for key in actor.keys] == ["https://m.example/users/ada#main-key"]
    assert actor.published == datetime(2023, 2, 1, tzinfo=UTC)


def test_mastodon_question_counts_its_votes():
    poll = note_in("mastodon/question.json").poll

    assert poll.options == (("Monday", 2), ("Friday", 1))
    assert not poll.multiple
    assert poll.voters == 3
    assert poll.ends == datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert poll.closed is None


def test_mastodon_vote_is_a_note_with_a_name():
    note = note_in("mastodon/vote.json")

    assert note.is_vote
    assert note.name == "Friday"


def test_mastodon_delete_carries_a_tombstone():
    activity = parse_activity(sample("mastodon/delete.json"))

    assert activity.object_type == "Tombstone"
    assert activity.object_id == "https://m.example/users/ada/statuses/113"


def test_gotosocial_sends_single_things_without_a_list():
    note = note_in("gotosocial/create_note.json")

    assert note.hashtags == (("science", "science"),)
    assert note.attachments[0].alt == "A leaf"
    assert note.published == datetime(2026, 11, 20, 7, 15, 30, tzinfo=UTC)
    assert note.to == (values.PUBLIC,)


def test_gotosocial_stub_is_enough_for_a_key():
    actor = parse_actor(sample("gotosocial/stub_actor.json"))

    assert actor.keys[0].id == "https://gts.example/users/ben/main-key"
    assert actor.outbox is None


def test_lemmy_page_keeps_title_language_and_group():
    note = note_in("lemmy/create_page.json")

    assert (note.kind, note.name) == ("Page", "Fraction strips that print well")
    assert note.language == "en"
    assert "https://lemmy.example/c/maths" in note.cc
    assert note.published.year == 2026


def test_lemmy_announce_names_the_activity_inside():
    activity = parse_activity(sample("lemmy/announce.json"))

    assert activity.type == "Announce"
    assert activity.object_type == "Like"


def test_misskey_quote_is_seen():
    assert note_in("misskey/create_note.json").quote == (
        "https://m.example/users/ada/statuses/113"
    )


def test_misskey_reaction_is_a_like():
    assert parse_activity(sample("misskey/react.json")).type == "Like"


def test_pleroma_chat_is_a_letter():
    note = note_in("pleroma/direct.json")

    assert note.kind == "Note"
    assert visibility_of(note, followers_uri="https://pl.example/users/lee/followers") is (
        Visibility.DIRECT
    )


def test_peertube_video_is_its_own_attachment():
    note = note_in("peertube/video.json")

    assert note.attributed_to == "https://pt.example/accounts/joe"
    assert note.url == "https://pt.example/w/1c"
    assert note.attachments[0].url == "https://pt.example/static/1c-720.mp4"
    assert note.attachments[0].kind == "video"
    assert note.attachments[0].duration == 90.0
    assert note.language == "fr"
    assert note.hashtags == (("fractions", "fractions"),)


def test_ghost_says_public_in_short():
    note = note_in("ghost/article.json")

    assert note.kind == "Article"
    assert visibility_of(note, followers_uri=None) is Visibility.PUBLIC


def test_wordpress_ids_are_kept_exactly():
    note = note_in("wordpress/article.json")

    assert note.id == "https://school.example/?p=42"
    assert note.attributed_to == "https://school.example/?author=0"
    assert set(note.content_map) == {"en", "es"}
    assert note.language == "en"


def test_mobilizon_event_belongs_to_its_group():
    note = note_in("mobilizon/event.json")

    assert (note.kind, note.name) == ("Event", "Maths night")
    assert note.attributed_to == "https://mz.example/@club"
    assert note.attachments[0].kind == "image"


def test_gancio_tags_are_relative_and_still_tags():
    assert note_in("gancio/create_event.json").hashtags == (("books", "books"),)


def test_friendica_conversation_is_a_context():
    note = note_in("friendica/note.json")

    assert note.context == "https://fr.example/context/1"
    assert note.language == "nb"


def test_mitra_has_keys_of_both_kinds():
    actor = parse_actor(sample("mitra/actor.json"))

    assert actor.locked
    assert actor.webfinger == "sam@mitra.example"
    assert {key.id.partition("#")[2] for key in actor.keys} == {"main-key", "ed25519-key"}
    assert actor.name == ""


def test_threads_has_pages_on_another_host():
    note = note_in("threads/note.json")

    assert note.url == "https://www.threads.example/@x/post/2"
    assert note.published == datetime(2026, 11, 20, 16, 15, 30, tzinfo=UTC)


def test_samples_are_as_they_would_be_sent():
    for path in SAMPLES.rglob("*.json"):
        assert json.loads(path.read_text())["@context"]
