"""What members write: found, counted and linked the same everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.sanitise import own_html
from fedi_k12.domain.text import (
    MAX_MENTIONS,
    MAX_TAGS,
    MentionTarget,
    clean_line,
    clean_name,
    content_type,
    count_characters,
    plain_text,
    render,
    scan,
    short_text,
    tag_key,
    without_tracking,
)

TOM = MentionTarget("https://home.example/@tom", "https://home.example/users/tom", "tom")
RIA = MentionTarget("https://far.example/@ria", "https://far.example/users/ria", "ria")
PEOPLE = {"tom": TOM, "ria@far.example": RIA}


def html_of(source, content_type="text/plain"):
    return render(
        source,
        content_type=content_type,
        mentions=PEOPLE,
        tag_url=lambda tag: f"https://home.example/tags/{tag_key(tag)}",
    ).html


@pytest.mark.parametrize(
    ("source", "mentions"),
    [
        pytest.param("Hello @tom!", ("tom",), id="somebody here"),
        pytest.param("@ria@far.example, hi", ("ria@far.example",), id="somebody elsewhere"),
        pytest.param("@ria@far.example.", ("ria@far.example",), id="at the end of a sentence"),
        pytest.param("@ria@FAR.Example", ("ria@far.example",), id="a host in capitals"),
        pytest.param("@ria@l.localhost:8081", ("ria@l.localhost:8081",), id="with a port"),
        pytest.param("@ria@schüle.example", ("ria@schüle.example",), id="IDN"),
        pytest.param("@tom @tom @ria@far.example", ("tom", "ria@far.example"), id="twice"),
        pytest.param("(@tom)", ("tom",), id="in brackets"),
        pytest.param("Yes.@tom", ("tom",), id="behind a full stop"),
        pytest.param("@a.b", ("a.b",), id="with a dot"),
        pytest.param("tom@school.example", (), id="an e-mail address"),
        pytest.param("https://x.example/@tom", (), id="in an address"),
        pytest.param("@", (), id="nobody"),
        pytest.param("@@tom", (), id="two signs"),
    ],
)
def test_mentions_are_found(source, mentions):
    assert scan(source, content_type="text/plain").mentions == mentions


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        pytest.param("#Fractions in #grade4", ("Fractions", "grade4"), id="words"),
        pytest.param("#Math #math #MATH", ("Math",), id="the first spelling counts"),
        pytest.param("#números #日本", ("números", "日本"), id="other letters"),
        pytest.param("\uff03Math", ("Math",), id="a full-width sign"),
        pytest.param("#2025", (), id="only digits"),
        pytest.param("&#39; a#b /#c", (), id="inside something else"),
        pytest.param("https://x.example/#part", (), id="in an address"),
        pytest.param("#a_b-c", ("a_b",), id="ends at a hyphen"),
    ],
)
def test_hashtags_are_found(source, tags):
    assert scan(source, content_type="text/plain").hashtags == tags


def test_hashtags_come_in_the_order_of_the_text():
    assert scan("#b #a #c", content_type="text/plain").hashtags == ("b", "a", "c")


def test_code_and_links_of_markdown_name_nobody():
    source = "`@tom #x` [@tom #y](https://x.example)\n\n```\n@tom #z\n```\n\n@tom #real"

    found = scan(source, content_type="text/markdown")

    assert found.mentions == ("tom",)
    assert found.hashtags == ("real",)


def test_a_flood_of_names_and_tags_is_cut():
    source = " ".join(f"@u{n} #t{n}" for n in range(200))

    found = scan(source, content_type="text/plain")

    assert len(found.mentions) == MAX_MENTIONS
    assert len(found.hashtags) == MAX_TAGS


@pytest.mark.parametrize(
    ("source", "url"),
    [
        pytest.param("See https://x.example/a.", "https://x.example/a", id="full stop"),
        pytest.param("(https://x.example/a)", "https://x.example/a", id="brackets around"),
        pytest.param("https://x.example/a_(b)", "https://x.example/a_(b)", id="brackets in it"),
        pytest.param("https://x.example/?q=1!", "https://x.example/?q=1", id="exclamation"),
    ],
)
def test_addresses_end_before_the_punctuation(source, url):
    assert scan(source, content_type="text/plain").urls == (url,)


def test_nothing_but_a_scheme_is_no_address():
    assert scan("https://... and", content_type="text/plain").urls == ()


def test_plain_text_becomes_paragraphs_and_breaks():
    assert html_of("One\ntwo\n\n\nthree & <b>\r\nfour") == (
        "<p>One<br>two</p><p>three &amp; &lt;b&gt;<br>four</p>"
    )


def test_people_tags_and_addresses_are_linked_as_other_servers_expect():
    made = html_of("@tom and @ria@far.example and @nobody: #Maths https://x.example/?a=1&b=2")

    assert (
        '<span class="h-card"><a href="https://home.example/@tom" class="u-url mention">'
        "@<span>tom</span></a></span>"
    ) in made
    assert 'href="https://far.example/@ria"' in made
    assert "@nobody" in made
    assert (
        '<a href="https://home.example/tags/maths" class="mention hashtag" rel="tag">'
        "#<span>Maths</span></a>"
    ) in made
    assert 'href="https://x.example/?a=1&amp;b=2"' in made


def test_markdown_is_rendered_without_any_html_of_the_writer():
    made = html_of(
        "**Bold** ~~gone~~ `@tom` <b>x</b>\n\n- one\n- two\n\n[a #b](https://x.example) "
        "![alt](https://x.example/a.png) @tom",
        "text/markdown",
    )

    assert "<strong>Bold</strong> <s>gone</s> <code>@tom</code> &lt;b&gt;x&lt;/b&gt;" in made
    assert "<li>one</li>" in made
    assert ">a #b</a>" in made
    assert "<img" not in made
    assert "alt" in made
    assert 'href="https://home.example/@tom"' in made


@given(st.text(max_size=300), st.sampled_from(["text/plain", "text/markdown"]))
def test_whatever_is_written_renders_as_html_that_the_sanitiser_leaves_alone(source, kind):
    made = html_of(source, kind)

    assert own_html(made) == made


@given(st.lists(st.sampled_from(["@tom", "@ria@far.example", "#Maths", "word", "\n"])))
def test_what_is_announced_as_a_mention_is_what_is_linked(words):
    source = " ".join(words)

    found = scan(source, content_type="text/plain").mentions

    assert ("tom" in found) == ('href="https://home.example/@tom"' in html_of(source))
    assert ("ria@far.example" in found) == ("far.example/@ria" in html_of(source))


def test_tracking_is_taken_out_of_addresses():
    assert without_tracking("https://x.example/a?utm_source=b&id=7&fbclid=c") == (
        "https://x.example/a?id=7"
    )
    assert without_tracking("https://x.example/a?id=7") == "https://x.example/a?id=7"
    assert without_tracking("https://x.example/a") == "https://x.example/a"
    assert without_tracking("https://[x/?utm_a=1") == "https://[x/?utm_a=1"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("https://x.example/" + "a" * 500, 23, id="a long address"),
        pytest.param("@ria@far.example hi", 7, id="a handle without its host"),
        pytest.param("#maths", 6, id="a tag"),
        pytest.param("e\u0301", 1, id="a letter and its mark"),
        pytest.param("\U0001f469\u200d\U0001f3eb", 1, id="a teacher is one picture"),
        pytest.param("\U0001f1fa\U0001f1f8\U0001f1e8\U0001f1e6", 2, id="two flags"),
        pytest.param("\U0001f44d\U0001f3fd", 1, id="a skin tone"),
    ],
)
def test_characters_are_counted_as_people_do(text, length):
    assert count_characters(text) == length


def test_a_short_text_is_cut_between_words():
    assert short_text("One two  three", 50) == "One two three"
    assert short_text("One two three four", 13) == "One two…"
    assert short_text("a" * 50, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        pytest.param("  Maya\n\tO.  ", "Maya O.", id="white space"),
        pytest.param("Maya\u202egnirts", "Mayagnirts", id="FED-96 text turned round"),
        pytest.param("Ma\u200bya", "Maya", id="invisible letters"),
        pytest.param("a" + "\u0300" * 100, "\u00e0" + "\u0300" * 4, id="FED-103 a tower"),
        pytest.param("x" * 200, "x" * 100, id="too long"),
        pytest.param("a\x00b\ufeff", "ab", id="controls"),
    ],
)
def test_names_hide_nothing(name, clean):
    assert clean_name(name) == clean


@given(st.text(max_size=400), st.integers(1, 60))
def test_a_clean_line_is_short_and_stays_as_it_is(text, limit):
    line = clean_line(text, limit)

    assert len(line) <= limit
    assert "\n" not in line
    assert clean_line(line, limit) == line


def test_words_come_out_of_html():
    assert plain_text("<p>One<br>two &amp; three</p><p>four</p>") == "One\ntwo & three\n\nfour"


@pytest.mark.parametrize("text", ["", "text/plain", "text/markdown"])
def test_content_types_members_may_write_in(text):
    assert content_type(text) in {"text/plain", "text/markdown"}


def test_other_content_types_are_refused():
    with pytest.raises(InvalidError, match="text/plain"):
        content_type("text/html")


def test_a_tag_is_the_same_in_every_spelling():
    assert tag_key("#Straße") == tag_key("STRASSE")
    assert tag_key("\uff2d\uff21\uff34\uff28") == "math"
