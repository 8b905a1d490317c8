"""The forms in which quotes, policies and stamps come and go.

Row 1.11 "Read quotes". Row 1.11 "Older reply flags".
"""

import pytest

from federation.vocab.note import parse_object
from federation.vocab.policy import build_policy, parse_policy, understood
from federation.vocab.quote import MISSKEY, quoted_in, stamp_of
from fedi_k12.domain.approvals import (
    Interaction,
    Policy,
    Rule,
    Standing,
    Verdict,
    rule_for,
    verdict,
)
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.quotes import without_quote_line
from tests.remote import PUBLIC

REN = "https://remote.example/users/ren"
QUOTED = "https://remote.example/posts/1"
LINK = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


def note(**parts):
    return {"id": f"{REN}/posts/1", "type": "Note", "attributedTo": REN, **parts}


@pytest.mark.parametrize("name", ["quote", "_misskey_quote", "quoteUrl", "quoteUri"])
def test_every_form_of_a_quote_is_read(name):
    assert quoted_in({name: QUOTED}) == QUOTED
    assert quoted_in({name: {"id": QUOTED, "type": "Note"}}) == QUOTED
    assert quoted_in({name: "javascript:alert(1)"}) is None


def test_the_forms_of_a_quote_have_an_order():
    forms = ("quote", "_misskey_quote", "quoteUrl", "quoteUri")
    said = {name: f"{QUOTED}{at}" for at, name in enumerate(forms)}
    for at, name in enumerate(forms):
        assert quoted_in(said) == f"{QUOTED}{at}"
        del said[name]


@pytest.mark.parametrize("kind", [LINK, "application/activity+json", LINK.replace("; ", ";")])
def test_a_link_tag_is_a_quote(kind):
    """FEP-e232."""
    other = {"type": "Link", "mediaType": kind, "href": f"{QUOTED}/other"}
    marked = {"type": "Link", "mediaType": kind, "href": QUOTED, "rel": MISSKEY}

    assert quoted_in({"tag": [other]}) == f"{QUOTED}/other"
    assert quoted_in({"tag": [other, marked]}) == QUOTED
    assert quoted_in({"tag": [{**marked, "mediaType": "text/html"}]}) is None


@pytest.mark.parametrize(
    ("html", "left"),
    [
        (
            f'<p class="quote-inline">RE: <a href="{QUOTED}">1</a></p><p>So true</p>',
            "<p>So true</p>",
        ),
        (
            f'<p>So true<span class="quote-inline"><br>RE: <a href="{QUOTED}"><span class='
            '"invisible">https://</span>x</a></span></p>',
            "<p>So true</p>",
        ),
        (f'<p>So true<br><br>RE: <a href="{QUOTED}">{QUOTED}</a></p>', "<p>So true</p>"),
        (f'<p>So true</p><p>RE: <a href="{QUOTED}">x</a></p>', "<p>So true</p>"),
        (
            '<p>RE: <a href="https://elsewhere.example/1">x</a></p>',
            '<p>RE: <a href="https://elsewhere.example/1">x</a></p>',
        ),
        ("<p>Just RE: nothing &amp; more</p>", "<p>Just RE: nothing &amp; more</p>"),
    ],
)
def test_the_line_for_others_is_taken_out(html, left):
    assert without_quote_line(html, QUOTED) == left


def test_a_policy_is_read_in_new_and_old_words():
    followers = f"{REN}/followers"
    new = {"canQuote": {"automaticApproval": followers, "manualApproval": [PUBLIC]}}
    old = {"canReply": {"always": [REN], "approvalRequired": ["as:Public"]}}

    def read(said):
        policy = parse_policy({"interactionPolicy": said})
        return understood(policy, author=REN, followers=followers, following=None)

    assert read(new).quote == Rule(("followers",), ("public",))
    assert read(new).reply is None
    assert read(old).reply == Rule(("author",), ("public",))
    assert read({"canLike": "x", "canQuote": 5}) == Policy()


def test_only_what_is_held_to_is_said():
    said = build_policy(
        Policy(reply=rule_for(Interaction.REPLY, "ask"), quote=Rule(("public",))),
        visibility=Visibility.PUBLIC,
        author=REN,
        followers=f"{REN}/followers",
        following=f"{REN}/following",
    )

    assert said == {
        "canReply": {
            "automaticApproval": [f"{REN}/followers", f"{REN}/following"],
            "manualApproval": [PUBLIC],
        },
        "canQuote": {"automaticApproval": [PUBLIC], "manualApproval": []},
    }


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
def test_what_is_not_for_everybody_is_never_offered_to_be_quoted(visibility):
    said = build_policy(
        Policy(quote=Rule(("public",))),
        visibility=visibility,
        author=REN,
        followers=f"{REN}/followers",
        following=f"{REN}/following",
    )

    assert said["canQuote"]["automaticApproval"] == [REN]


def test_what_is_not_understood_is_no_leave():
    strange = Policy(quote=Rule(("https://remote.example/circles/1",)))

    assert verdict(Interaction.QUOTE, strange, Standing()) is Verdict.UNKNOWN
    assert verdict(Interaction.QUOTE, Policy(), Standing()) is Verdict.DENIED
    assert verdict(Interaction.REPLY, Policy(), Standing()) is Verdict.AUTOMATIC


def test_whoever_is_named_may_always_answer():
    closed = Policy(reply=rule_for(Interaction.REPLY, "nobody"))

    assert verdict(Interaction.REPLY, closed, Standing(named=True)) is Verdict.AUTOMATIC
    assert verdict(Interaction.REPLY, closed, Standing(follows_author=True)) is Verdict.DENIED


@pytest.mark.parametrize(
    "flag",
    [
        {"commentsEnabled": False},
        {"commentsPolicy": 2},
        {"repliesModerationOption": "closed"},
        {"capabilities": {"reply": None}},
    ],
)
def test_older_words_for_a_closed_post_are_read(flag):
    assert parse_object(note(**flag)).closed
    assert not parse_object(note()).closed


def test_a_stamp_of_an_answer_has_two_names():
    assert stamp_of({"replyAuthorization": QUOTED}, Interaction.REPLY) == QUOTED
    assert stamp_of({"approvedBy": QUOTED}, Interaction.REPLY) == QUOTED
    assert stamp_of({"quoteAuthorization": {"id": QUOTED}}, Interaction.QUOTE) == QUOTED
