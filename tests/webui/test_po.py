"""Translations are read as Babel reads them, which writes them."""

from importlib.resources import files

import pytest
from babel.messages.pofile import read_po

from webui.locales import LOCALES, USUAL
from webui.po import messages
from webui.words import catalogue


@pytest.mark.parametrize("locale", sorted(set(LOCALES) - {USUAL}))
def test_catalogue_has_what_babel_finds_in_the_file(locale):
    with (files("webui") / "translations" / f"{locale}.po").open("rb") as file:
        found = [one for one in read_po(file, locale=locale) if one.id]

    ours = catalogue(locale)

    assert ours.single == {
        one.id: one.string for one in found if isinstance(one.id, str) and one.string
    }
    assert ours.plural == {
        one.id[0]: tuple(one.string)
        for one in found
        if not isinstance(one.id, str) and all(one.string)
    }


def test_what_is_not_translated_is_left_out():
    text = r'''
msgid ""
msgstr ""
"Language: es\n"

#: webui/one.html
msgid "Say \"yes\""
msgstr "Di «sí»\t\\"
#, python-format
msgid "%(number)s post"
msgid_plural "%(number)s posts"
msgstr[0] "%(number)s publicación"
msgstr[1] ""
"%(number)s "
"publicaciones"

msgid "Not yet"
msgstr ""

msgid "one"
msgid_plural "many"
msgstr[0] "uno"
msgstr[1] ""

#~ msgid "Gone"
#~ msgstr "Ido"'''

    found = dict(messages(text.splitlines()))

    assert found == {
        'Say "yes"': ("Di «sí»\t\\",),
        "%(number)s post": ("%(number)s publicación", "%(number)s publicaciones"),
    }
