"""The HTML we send, as other servers' readers and apps look for it. Row 1.7 "HTML out"."""

import re

import pytest

from fedi_k12.domain.sanitise import plain_text

ALLOWED = {"p", "br", "a", "span", "em", "strong", "s", "del", "code", "pre", "blockquote",
           "ul", "ol", "li"}  # fmt: skip
LONG = "https://curriculum.example.org/units/" + "folding-" * 20 + "eighths?grade=4"


@pytest.fixture
def sent(client, maya, document):
    async def write(text, **parts):
        answer = await client.post(
            "/api/v1/statuses", json={"status": text, **parts}, headers=maya.headers
        )
        assert answer.status == 200, await answer.text()
        return (await document((await answer.json())["uri"]))["content"]

    return write


async def test_mentions_and_hashtags_have_their_classes(ren, sent):
    content = await sent("@ren@remote.example look at #Fractions")

    assert content == (
        '<p><span class="h-card"><a href="http://remote.example/@ren" class="u-url mention">'
        '@<span>ren</span></a></span> look at <a href="https://home.example/tags/fractions" '
        'class="mention hashtag" rel="tag">#<span>Fractions</span></a></p>'
    )


async def test_a_link_shows_all_of_its_address(sent):
    content = await sent(f"See {LONG}")

    assert content == (
        f'<p>See <a href="{LONG}" rel="nofollow noopener noreferrer">{LONG}</a></p>'
    )
    assert "invisible" not in content
    assert "ellipsis" not in content


async def test_a_members_markup_is_words(sent):
    """FED-95."""
    content = await sent('<script>alert(1)</script> 1 < 2 & "x" <b onclick=x>b</b>')

    assert set(re.findall(r"<(\w+)", content)) == {"p"}
    assert plain_text(content) == '<script>alert(1)</script> 1 < 2 & "x" <b onclick=x>b</b>'


@pytest.mark.parametrize(
    "text",
    [
        "One\n\nTwo\nthree",
        "**bold** *soft* ~~gone~~ `code`\n\n> said\n\n- a\n- b\n\n1. c\n\n```\nx\n```",
        "# A heading\n\n[good](https://good.example/) ![picture](https://x.example/a.png)",
    ],
    ids=["plain", "markdown", "headings and pictures"],
)
@pytest.mark.parametrize("kind", ["text/plain", "text/markdown"])
async def test_short_posts_have_only_what_everybody_shows(sent, text, kind):
    content = await sent(text, content_type=kind)

    assert set(re.findall(r"<(\w+)", content)) <= ALLOWED
    assert not re.search(r"\son\w+=|style=|<img|javascript:", content)


async def test_several_paragraphs_and_lines(sent):
    assert await sent("One\n\nTwo\nthree") == "<p>One</p><p>Two<br>three</p>"
