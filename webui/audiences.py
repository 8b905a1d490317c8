"""Who can read a post, said as people would."""

from fedi_k12.domain.posts import Visibility

READERS = (
    ("unlisted", "Anyone with the link, quietly"),
    ("public", "Everyone, in public lists too"),
    ("members", "Members of this server"),
    ("followers", "My followers"),
    ("direct", "Only people I name"),
)
AUDIENCES = (
    (
        "unlisted",
        "door",
        READERS[0][1],
        "On your page and with your followers. Not put into public lists.",
    ),
    (
        "public",
        "globe",
        "Everyone",
        "Also in public lists and tag pages, here and on other servers.",
    ),
    (
        "members",
        "school",
        READERS[2][1],
        "Signed-in colleagues of this place. It never leaves this server.",
    ),
    ("followers", "lock", READERS[3][1], "People you accepted, here and elsewhere."),
    (
        "direct",
        "letter",
        READERS[4][1],
        "Like a letter, but not sealed: the servers at both ends could read it, and it may be "
        "a public record.",
    ),
)


def audience(word: str) -> tuple[Visibility, bool]:
    """Return the visibility and whether it stays here; for an unknown word the quiet one."""
    if word == "members":
        return Visibility.PUBLIC, True
    try:
        return Visibility(word), False
    except ValueError:
        return Visibility.UNLISTED, False
