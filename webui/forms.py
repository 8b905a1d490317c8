"""What somebody typed into a form, and what is wrong with it: never lost between tries."""

from collections.abc import Mapping

from aiohttp import web
from aiohttp.web import FileField

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.guards import person_in_name
from fedi_k12.domain.words import Words, words
from fedi_k12.web.params import posted

MAX_TEXT = 100_000
PREFIX = "Validation failed: "


class Form:
    """The words of a form by name; a name nobody filled in reads as empty."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})
        self.files: dict[str, FileField] = {}
        self.lists: dict[str, list[str]] = {}
        self.errors: dict[str, str] = {}
        """What is wrong, by the name of the field; under "" what is wrong with the whole."""

    def __getitem__(self, name: str) -> str:
        return self._values.get(name, "")

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._values.get(name, "")

    def set(self, name: str, value: str) -> None:
        """Put a word into the form."""
        self._values[name] = value

    def flag(self, name: str) -> bool:
        """Return whether a box was ticked."""
        return bool(self._values.get(name))

    def refuse(self, error: InvalidError, labels: Mapping[str, str]) -> None:
        """Take over what a service says is wrong; `labels` name fields as people read them."""
        sentence = why(error)
        known = {name: text for name, text in error.fields.items() if name in labels}
        if not known:
            self.errors[""] = sentence
        for name, text in known.items():
            # One field and a whole sentence: the sentence is kinder than the API's words.
            self.errors[name] = sentence if len(known) == 1 else f"{labels[name]} {text}"


def why(error: Exception) -> str:
    """Return the sentence of a refusal as pages say it, without what apps expect before it."""
    told = error.args[0] if error.args else ""
    if isinstance(told, Words):
        return told.without(PREFIX)
    return str(error).removeprefix(PREFIX)


async def read(request: web.Request) -> Form:
    """Return what was typed into the form of a request."""
    form = Form()
    for name, value in (await posted(request)).items():
        if isinstance(value, FileField):
            if value.filename:
                form.files[name] = value
        elif isinstance(value, str):
            text = value[:MAX_TEXT].replace("\0", "").replace("\r\n", "\n")
            form.set(name, text)
            form.lists.setdefault(name, []).append(text)
    return form


def ask_whose_name(form: Form, *names: str) -> bool:
    """Return whether it may go on: ask about a name that reads like a person's, once (R-36).

    The tick says that it is no student's.
    """
    found = person_in_name(*names)
    form.set("person", found)
    if not found or form.flag("no_student"):
        return True
    form.errors["no_student"] = words(
        "%(name)s reads like the name of a person. Say that it is no student’s, or choose "
        "another.",
        name=found,
    )
    return False
