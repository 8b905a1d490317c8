"""Read and build emojis given to posts: `EmojiReact`, or `Like` with `content` (FEP-c0e0)."""

from federation.vocab import values
from federation.vocab.build import (
    build_like,
)
from federation.vocab.build_parts import (
    EmojiOut,
    build_emoji,
)
from federation.vocab.note import EmojiIn, emojis_of
from federation.vocab.values import Json
from fedi_k12.domain.emoji import SHORTCODE, is_emoji


def emoji_in(raw: Json) -> str | EmojiIn | None:
    """Return the emoji that an activity gives; None for none, or one that is not known.

    Misskey says it in `_misskey_reaction`, others in `content`; of a custom one the `tag` has
    the picture. Misskey writes `:name@.:` or `:name@host:` for one that is not its own.
    """
    for name in ("content", "_misskey_reaction"):
        word = values.text(raw, name, limit=400).strip()
        if is_emoji(word):
            return word
        code = word.strip(":").partition("@")[0]
        if SHORTCODE.fullmatch(code):
            tagged = emojis_of(raw.get("tag"))
            found = next((one for one in tagged if one.shortcode == code), None)
            if found is not None:
                return found
    return None


def build_reaction(
    *, uri: str, actor_uri: str, object_uri: str, author_uri: str, emoji: str | EmojiOut
) -> dict[str, object]:
    """Return the Like that carries an emoji, a character or a custom one.

    A `Like` and no `EmojiReact`, so that every server takes it at least as that.
    """
    word = emoji if isinstance(emoji, str) else f":{emoji.shortcode}:"
    document = build_like(
        uri=uri, actor_uri=actor_uri, object_uri=object_uri, author_uri=author_uri
    )
    document |= {"content": word, "_misskey_reaction": word}
    if not isinstance(emoji, str):
        document["tag"] = [build_emoji(emoji)]
    return document
