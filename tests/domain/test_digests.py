"""When a day is gathered, and how a digest reads (S-43)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from fedi_k12.domain.articles import markdown_html
from fedi_k12.domain.digests import ItemView, article, day_to_gather, path_of_day, teaser
from fedi_k12.domain.sanitise import own_article_html

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-28T11:59", None),
        ("2026-11-28T12:00", date(2026, 11, 27)),
        ("2026-11-29T05:59", date(2026, 11, 27)),
        ("2026-11-29T06:30", None),
        # In summer six o'clock comes an hour sooner; on the day of the change it is summer.
        ("2026-03-08T10:59", None),
        ("2026-03-08T11:00", date(2026, 3, 7)),
        ("2026-11-01T12:00", date(2026, 10, 31)),
    ],
)
def test_yesterday_is_gathered_from_six_in_the_morning(now, day):
    """S-43: by the clock of the place, also when clocks change."""
    assert day_to_gather(datetime.fromisoformat(now).replace(tzinfo=UTC), CHICAGO) == day


def item(**parts):
    at = datetime(2026, 11, 27, 15, tzinfo=UTC)
    usual = {
        "id": 1, "post_id": 2, "account_id": 3, "handle": "tom", "name": "Tom",
        "url": "https://home.example/@tom/2", "said": "We built a bridge.", "line": "",
        "position": 1, "included": True, "at": at,
    }  # fmt: skip
    return ItemView(**{**usual, **parts})


def test_what_others_wrote_is_quoted_as_plain_words():
    """S-43: it names nobody and no hashtag anew, and its marks mean nothing."""
    text = article(
        [
            item(
                name="# [Tom](https://evil.example)",
                line="<b>Look</b>",
                said="Hi @maya #math\n# Big\n- one\n1. two\n<script>alert(1)</script> ![x](y)",
            )
        ]
    )
    html = own_article_html(markdown_html(text))

    assert "@maya" not in text
    assert "#math" not in text
    assert html.count("<a ") == 1
    assert 'href="https://home.example/@tom/2"' in html
    for tag in ("<h1", "<ul", "<ol", "<b>", "<script", "<img"):
        assert tag not in html
    assert "<blockquote>" in html


def test_what_is_empty_says_so():
    assert "taken back" in article([])


def test_the_note_leads_to_the_page_and_has_the_hashtag():
    said = teaser(f"https://home.example{path_of_day(date(2026, 1, 2))}")

    assert said.endswith("https://home.example/digest/2026/01/02 #WhatHappenedYesterday")
