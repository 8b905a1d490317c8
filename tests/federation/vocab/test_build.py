"""What we send: read back by our own parser, it says the same."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from federation.vocab import build
from federation.vocab.actor import parse_actor
from federation.vocab.build_actor import ActorOut, ImageOut, KeyOut, build_actor, build_stub
from federation.vocab.build_follow import build_answer, build_follow
from federation.vocab.check import check_activity
from federation.vocab.contexts import ACTIVITYSTREAMS, PUBLIC, with_context
from federation.vocab.note import parse_object, visibility_of
from federation.vocab.parse import parse_activity
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.searching import Searchable

NOW = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
MAYA = "https://home.example/users/maya"
FOLLOWERS = f"{MAYA}/followers"
RIA = "https://far.example/users/ria"
NOTE = build.NoteOut(
    uri=f"{MAYA}/statuses/7",
    url="https://home.example/@maya/7",
    author_uri=MAYA,
    followers_uri=FOLLOWERS,
    visibility=Visibility.PUBLIC,
    content="<p>Hello</p>",
    published=NOW,
)
FULL = replace(
    NOTE,
    language="en",
    updated=NOW + timedelta(hours=1),
    summary="A note",
    source="Hello",
    source_type="text/markdown",
    in_reply_to="https://far.example/notes/1",
    context="https://home.example/contexts/1",
    mentions=(build.MentionOut(RIA, "@ria@far.example"),),
    silent=("https://far.example/users/pat",),
    hashtags=(build.HashtagOut("Maths", "https://home.example/tags/maths"),),
    emojis=(build.EmojiOut("owl", "https://home.example/media/emoji/1"),),
    attachments=(
        build.AttachmentOut(
            kind="image",
            url="https://home.example/media/files/a.png",
            media_type="image/png",
            alt="A plan",
            width=4,
            height=3,
            blurhash="LEHV6nWB2yk8",
            focus=(0.1, 0.2),
        ),
        build.AttachmentOut("audio", "https://home.example/a.mp3", "audio/mpeg", duration=1.5),
        build.AttachmentOut("other", "https://home.example/a.pdf", "application/pdf"),
    ),
)


@pytest.mark.parametrize("visibility", Visibility)
def test_who_may_see_it_survives_the_journey(visibility):
    """Row 1.6 "Levels out"."""
    read = parse_object(build.build_note(replace(FULL, visibility=visibility)))

    assert visibility_of(read, followers_uri=FOLLOWERS) is visibility


def test_everything_a_post_says_survives_the_journey():
    document = build.build_note(FULL)

    read = parse_object(document)

    assert read.content == "<p>Hello</p>"
    assert read.language == "en"
    assert read.summary == "A note"
    assert read.sensitive
    assert read.in_reply_to == FULL.in_reply_to
    assert read.context == FULL.context
    assert [m.href for m in read.mentions] == [RIA]
    assert read.hashtags == (("maths", "Maths"),)
    assert [e.shortcode for e in read.emojis] == ["owl"]
    assert [item.kind for item in read.attachments] == ["image", "audio", "unknown"]
    assert read.attachments[0].alt == "A plan"
    assert read.attachments[0].focus == (0.1, 0.2)
    assert read.attachments[1].duration == 1.0
    assert read.published == NOW
    assert "https://far.example/users/pat" in read.cc
    assert document["source"] == {"content": "Hello", "mediaType": "text/markdown"}
    assert "bto" not in document
    assert "bcc" not in document


def test_a_plain_post_says_nothing_that_is_not_so():
    document = build.build_note(NOTE)

    assert not {"summary", "updated", "inReplyTo", "source", "contentMap"} & set(document)
    assert document["sensitive"] is False


def test_a_letter_says_that_it_is_one():
    document = build.build_note(replace(FULL, visibility=Visibility.DIRECT))

    assert document["directMessage"] is True
    assert document["to"] == [RIA, "https://far.example/users/pat"]
    assert document["cc"] == []


def test_a_question_survives_the_journey():
    """Row 1.7 "Question"."""
    poll = build.PollOut((("Monday", 2), ("Friday", 1)), True, NOW, NOW, 3)

    read = parse_object(build.build_note(replace(NOTE, poll=poll)))

    assert read.kind == "Question"
    assert read.poll.options == poll.options
    assert read.poll.multiple
    assert read.poll.ends == read.poll.closed == NOW


def test_translations_are_sent_together():
    note = replace(NOTE, content_map={"en": "<p>Hello</p>", "es": "<p>Hola</p>"})

    assert build.build_note(note)["contentMap"] == {"en": "<p>Hello</p>", "es": "<p>Hola</p>"}


def activities():
    note = build.build_note(FULL)
    like = build.build_like(
        uri=f"{MAYA}#likes/1", actor_uri=MAYA, object_uri="https://far.example/notes/1",
        author_uri=RIA,
    )  # fmt: skip
    follow = build_follow(uri=f"{MAYA}#follows/1", actor_uri=MAYA, target_uri=RIA)
    announce = build.build_announce(
        uri=f"{MAYA}/statuses/8/activity", actor_uri=MAYA, followers_uri=FOLLOWERS,
        visibility=Visibility.PUBLIC, object_uri="https://far.example/notes/1", author_uri=RIA,
        published=NOW,
    )  # fmt: skip
    yield "Create", build.build_create(note, uri=f"{MAYA}/statuses/7/activity", published=NOW)
    yield (
        "Update",
        build.build_update(
            note, uri=f"{MAYA}/statuses/7#updates/1", actor_uri=MAYA, to=[PUBLIC], cc=[], at=NOW
        ),
    )
    yield (
        "Delete",
        build.build_delete(
            NOTE.uri, actor_uri=MAYA, to=[PUBLIC], cc=[], former_type="Note", deleted=NOW
        ),
    )
    yield "Like", like
    yield "Follow", follow
    yield "Announce", announce
    yield "Undo", build.build_undo(like)
    yield "Undo", build.build_undo(announce)
    for kind in ("Accept", "Reject"):
        yield kind, build_answer(
            kind, uri=f"{MAYA}#answers/1", actor_uri=MAYA, follower_uri=RIA,
            follow_uri="https://far.example/follows/1",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "document"), [pytest.param(kind, doc, id=kind) for kind, doc in activities()]
)
def test_every_activity_we_send_has_the_form_of_one(kind, document):
    whole = with_context(document)

    check_activity(whole)
    activity = parse_activity(whole)
    assert activity.type == kind
    assert activity.actor == MAYA
    assert activity.id
    assert whole["@context"][0] == ACTIVITYSTREAMS


def test_a_tombstone_without_a_date_has_none():
    assert "deleted" not in build.build_tombstone(
        "https://a.example/1", former_type="Note", deleted=None
    )


def test_times_are_written_to_the_second_unless_there_is_more():
    assert build.moment(NOW) == "2026-11-23T12:00:00.250Z"
    assert build.moment(NOW.replace(microsecond=0)) == "2026-11-23T12:00:00Z"


ACTOR = ActorOut(
    uri=MAYA,
    kind="Person",
    username="maya",
    webfinger="maya@home.example",
    url="https://home.example/@maya",
    inbox=f"{MAYA}/inbox",
    outbox=f"{MAYA}/outbox",
    followers=FOLLOWERS,
    following=f"{MAYA}/following",
    shared_inbox="https://home.example/inbox",
    published=NOW,
    rsa_key=KeyOut(f"{MAYA}#main-key", "PEM"),
    ed25519_key=KeyOut(f"{MAYA}#ed25519-key", "z6Mk"),
)


def test_an_actor_survives_the_journey():
    """Row 1.2 "Required fields out"."""
    actor = replace(
        ACTOR,
        name="Maya",
        summary="<p>Grade 4</p>",
        featured=f"{MAYA}/collections/featured",
        updated=NOW,
        locked=True,
        discoverable=True,
        indexable=True,
        searchable_by=Searchable.PUBLIC,
        memorial=True,
        icon=ImageOut("https://home.example/a.png", "image/png", "Maya"),
        image=ImageOut("https://home.example/h.png", "image/png"),
        fields=(("Teaches", "Maths"),),
        emojis=(build.EmojiOut("owl", "https://home.example/media/emoji/1"),),
        also_known_as=("https://old.example/users/maya",),
        moved_to="https://new.example/users/maya",
        attribution_domains=("lessons.example",),
    )

    document = with_context(build_actor(actor))
    read = parse_actor(document)

    assert read.name == "Maya"
    assert read.locked
    assert read.indexable
    assert read.memorial
    assert read.icon_alt == "Maya"
    assert read.fields == (("Teaches", "Maths"),)
    assert read.moved_to == "https://new.example/users/maya"
    assert read.also_known_as == ("https://old.example/users/maya",)
    assert {key.id for key in read.keys} == {f"{MAYA}#main-key", f"{MAYA}#ed25519-key"}
    assert read.published == NOW.replace(hour=0, microsecond=0)
    assert document["searchableBy"] == [PUBLIC]


def test_a_plain_actor_is_found_by_nobody_by_accident():
    document = build_actor(ACTOR)

    assert document["indexable"] is False
    assert document["discoverable"] is False
    assert document["searchableBy"] == [MAYA]
    assert document["name"] == "maya"
    assert "icon" not in document


def test_the_stub_says_no_more_than_a_key_needs():
    assert set(build_stub(ACTOR)) == {
        "id", "type", "preferredUsername", "inbox", "url", "publicKey", "assertionMethod",
        "generator",
    }  # fmt: skip
    assert "publicKey" not in build_stub(replace(ACTOR, rsa_key=None, ed25519_key=None))


def test_only_the_terms_in_use_are_explained():
    context = with_context(build.build_note(NOTE))["@context"]

    assert "Hashtag" not in str(context)
    assert "https://w3id.org/security/v1" not in context
    assert "Hashtag" in str(with_context(build.build_note(FULL))["@context"])
    assert with_context({"id": "https://a.example/1", "type": "Like"})["@context"] == [
        ACTIVITYSTREAMS
    ]


def test_collections_say_what_they_hold():
    uri = f"{MAYA}/outbox"

    assert build.count_collection(uri, 3) == {"id": uri, "type": "Collection", "totalItems": 3}
    paged = build.build_collection(uri, total=3, first=f"{uri}?page=true", attributed_to=MAYA)
    assert paged["type"] == "OrderedCollection"
    assert "orderedItems" not in paged
    assert build.build_collection(uri, items=[1], ordered=False)["items"] == [1]
    page = build.build_page(
        f"{uri}?page=1", part_of=uri, items=[1, 2], next_page=f"{uri}?page=2"
    )
    assert page["orderedItems"] == [1, 2]
    assert "prev" not in page
    assert build.build_page(f"{uri}?p", part_of=uri, items=[], ordered=False)["items"] == []
