"""What pages say of themselves, and who may be named by them. Row 1.2 "Author attribution"."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.cards import first_link, may_be_named, read_head, read_oembed

BASE = "https://blog.example/a/b"


@pytest.mark.parametrize(
    ("host", "domains", "expected"),
    [
        ("blog.example", ["blog.example"], True),
        ("www.blog.example", ["blog.example"], True),
        ("BLOG.example", ["blog.Example"], True),
        ("blog.example:8443", ["blog.example"], True),
        ("bücher.example", ["xn--bcher-kva.example"], True),
        ("xn--bcher-kva.example", ["bücher.example"], True),
        ("notblog.example", ["blog.example"], False),
        ("blog.example.evil.test", ["blog.example"], False),
        ("example", ["blog.example"], False),
        ("blog.example", ["www.blog.example"], False),
        ("blog.example", [], False),
        ("blog.example", ["", ".", "*", "*.example", "@", "x" * 300], False),
        ("blоg.example", ["blog.example"], False),
    ],
    ids=["itself", "below it", "case", "a port", "IDN listed in ASCII", "IDN listed in letters",
         "no dot between", "FED-109 further to the right", "above it", "only below", "none",
         "nonsense", "FED-96 a letter that looks alike"],
)  # fmt: skip
def test_a_site_names_only_who_lists_it(host, domains, expected):
    assert may_be_named(host, domains) is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<p>See <a href="https://x.example/a?b=1&amp;c#d">x</a></p>', "https://x.example/a?b=1&c"),
        ('<a href="https://x.example/@a" class="u-url mention">@a</a>', None),
        ('<a href="https://x.example/tags/a" rel="tag">#a</a>', None),
        ('<a href="https://x.example/t/a">#a</a> <a href="https://x.example/1">#1</a>',
         "https://x.example/1"),
        ('<a href="https://x.example/t/a">#<span>a</span></a>', None),
        ('<a href="https://x.example/t/a">#a: why</a>', "https://x.example/t/a"),
        ('<a href="https://home.example/x">a</a> <a href="https://y.example/">b</a>',
         "https://y.example/"),
        ('<a href="javascript:alert(1)">a</a>', None),
        ('<a href="https://x.example/' + "a" * 3000 + '">a</a>', None),
        ("<p>none</p>", None),
    ],
    ids=["a link", "a mention", "a hashtag", "nothing but a hashtag", "a hashtag in parts",
         "a hashtag in a sentence", "our own", "FED-95", "FED-67", "none"],
)  # fmt: skip
def test_the_first_page_is_found(content, expected):
    assert first_link(content, own_hosts={"home.example"}) == expected


def test_what_a_page_says_is_read_as_plain_words():
    head = read_head(
        """<!doctype html><html lang="en-US"><head><title>Old &amp; plain</title>
        <meta property="og:title" content="Folding &lt;b&gt;eighths&lt;/b&gt;">
        <meta content='A "way" in' name=description><meta name="description" content="Two">
        <meta property="og:image" content="/pic.png?a=1&amp;b=2">
        <meta property="og:site_name" content="The Blog"/>
        <meta name="fediverse:creator" content="@maya@home.example">
        <link rel="alternate" type="application/json+oembed" href="https://blog.example/o?u=1">
        </head>""",
        base=BASE,
    )

    assert head.title == "Folding <b>eighths</b>"
    assert head.image == "https://blog.example/pic.png?a=1&b=2"
    assert (head.site, head.creator) == ("The Blog", "@maya@home.example")
    assert (head.language, head.oembed) == ("en-us", "https://blog.example/o?u=1")
    assert head.description == "Two"
    assert read_head("<title> Old &amp; plain </title>", base=BASE).title == "Old & plain"


@pytest.mark.parametrize(
    "image", ["javascript:alert(1)", "data:image/png;base64,x", "file:///etc/passwd", "http://[",
              "//u:p@x.example/", ""]
)  # fmt: skip
def test_only_addresses_become_pictures(image):
    """FED-51."""
    page = f'<meta property="og:image" content="{image}">'

    assert read_head(page, base=BASE).image is None


@pytest.mark.parametrize(
    "page",
    ["<meta " * 60_000, "<meta property=" + "a" * 300_000, '<meta content="' * 20_000,
     "<!--" * 80_000, "<title>" * 50_000, "<html " + "a=" * 100_000, "<" * 300_000,
     '<meta name="a" ' + "b = " * 70_000 + ">"],
    ids=range(8),
)  # fmt: skip
def test_no_page_keeps_us_busy(page):
    """FED-65."""
    began = time.perf_counter()

    read_head(page, base=BASE)

    assert time.perf_counter() - began < 2


def test_the_html_of_oembed_is_never_looked_at():
    """FED-97."""
    head = read_oembed(
        {"title": "A film", "html": "<script>alert(1)</script>", "author_name": ["x"],
         "thumbnail_url": "javascript:x", "provider_name": "Films"}, base=BASE,
    )  # fmt: skip

    assert (head.title, head.author, head.image, head.site) == ("A film", "", None, "Films")
    assert "<script" not in repr(head)


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    read_head(text, base=BASE)
    read_head(f'<meta property="og:image" content="{text}"><title>{text}', base=BASE)
