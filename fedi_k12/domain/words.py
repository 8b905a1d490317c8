"""Sentences that can be said in another language: English, with what they are made of.

Whoever makes a sentence does not know who will read it, and in which language. It is made in
English and remembers its form and parts; a page says it in the reader's language, everything
else (the API of apps, the command line, the log) as it stands.
"""

from collections.abc import Mapping


class Words(str):
    """A sentence in English that remembers what it was made of."""

    __slots__ = ("many", "message", "number", "parts")

    message: str
    """The form, as the catalogue has it: `%(name)s` stands for a part."""
    many: str | None
    """The form for more than one, where it differs."""
    number: int
    parts: Mapping[str, object]

    def without(self, prefix: str) -> "Words":
        """Return the sentence without what stands before it."""
        if not self.message.startswith(prefix):
            return self
        return words(self.message.removeprefix(prefix), **self.parts)


def words(message: str, /, **parts: object) -> Words:
    """Return a sentence: a form with `%(name)s` where its parts go."""
    said = Words(message % parts if parts else message)
    said.message, said.many, said.number, said.parts = message, None, 1, parts
    return said


def counted(one: str, many: str, number: int, /, **parts: object) -> Words:
    """Return the form that fits a number; `%(num)s` stands for the number itself."""
    parts = {"num": number, **parts}
    said = Words((one if number == 1 else many) % parts)
    said.message, said.many, said.number, said.parts = one, many, number, parts
    return said


def marked(message: str) -> str:
    """Return a sentence as it is: the mark by which it is found for the catalogue."""
    return message
