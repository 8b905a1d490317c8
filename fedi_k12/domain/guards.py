"""What an official account looks at before it speaks: descriptions, and names of children.

Everything here is done with rules of the house; nothing is sent anywhere to be judged. What is
noticed in a text is put before a person, never decided by a pattern.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.words import Words, marked, words

LEAST_DESCRIPTION = 10
"""So many characters a description has at least: "A dog." says too little to who cannot see."""
_EMPTY = """
    image picture photo photograph pic img graphic screenshot logo flyer poster untitled none
    imagen foto fotografía fotografia captura cartel volante sin título titulo ninguna
    alt text texto alternativo description descripción descripcion na n/a tbd todo
"""
_EMPTY_WORDS = frozenset(_EMPTY.split())
_FILE_NAME = re.compile(
    r"^\S*\.(?:jpe?g|png|gif|webp|heic|heif|avif|tiff?|bmp|svg|mp4|mov|webm|mp3|m4a|pdf)$"
    r"|^(?:img|dsc[fn]?|pxl|mvimg|screenshot|captura)[\W_]*\d[\w\W]*$",
    re.IGNORECASE,
)
_HANDLES_AND_LINKS = re.compile(r"https?://\S+|[@#][\w.-]+(?:@[\w.-]+)?")


class Asked(StrEnum):
    """What somebody is asked to look at again, and why a name of it stands beside it."""

    NAME = "name"
    MARK = "mark"
    ROOM = "room"
    BUS = "bus"
    NUMBER = "number"
    PLACE = "place"


WHY: dict[Asked, str] = {
    Asked.NAME: marked("This reads like a first and a last name. Is it a child's?"),
    Asked.MARK: marked("This reads like a mark. Whose is it?"),
    Asked.ROOM: marked("A room says where children are at that hour."),
    Asked.BUS: marked("A bus says where children are at that hour."),
    Asked.NUMBER: marked("This reads like the number of a person."),
    Asked.PLACE: marked(
        "This says where children are at this moment. It can be published after the trip."
    ),
}


class Noticed(Struct, frozen=True):
    """A place in a text that somebody should look at again before it is published."""

    kind: Asked
    words: str
    """The words as they stand in the text."""

    @property
    def why(self) -> str:
        """Return why one is asked, as a sentence of the catalogue."""
        return WHY[self.kind]


_THERE = (
    r"(?:we are|we['’]re|(?:our|the) (?:students|class|team|kids|children|band|choir)"
    r" (?:is|are))(?: (?:now|right now|currently|all|just))* "
    r"(?:at|on (?:our|their) way to|headed to|heading to|arriving at)",
    r"(?:live from|just arrived (?:at|in)|right now at|on our way to|greetings from)",
    r"(?:ya )?estamos (?:ahora |ya )?en|vamos (?:de camino |camino )?(?:a|al|hacia)",
    r"acabamos de llegar (?:a|al)|en vivo desde|saludos desde",
)
"""How people say where they are while they are there (R-34)."""
_PATTERNS: Sequence[tuple[Asked, re.Pattern[str]]] = (
    (
        Asked.MARK,
        re.compile(
            r"\b(?:GPA|promedio)\b[^\n.]{0,12}?\d(?:[.,]\d+)?"
            r"|\b(?:scored|got|earned|received|sacó|obtuvo)\s+(?:an?\s+|un\s+)?"
            r"(?:[A-F][+-]?(?!\w)|\d{1,3}\s?%|\d{1,3}\s*/\s*\d{1,3})",
            re.IGNORECASE,
        ),
    ),
    (
        Asked.ROOM,
        re.compile(
            r"\b(?:room|rm\.?|classroom|aula|salón|sala)\s+#?[A-Z]?\d+[A-Z]?\b", re.IGNORECASE
        ),
    ),
    (
        Asked.BUS,
        re.compile(
            r"\b(?:bus|route|autobús|camión|ruta)\s+(?:no\.?\s*|#)?\d+[A-Z]?\b", re.IGNORECASE
        ),
    ),
    (
        Asked.PLACE,
        re.compile(
            rf"\b(?:{'|'.join(_THERE)})\b"
            r"(?: (?:the|a|el|la|los|las|un|una))?(?: [\w’'-]+){1,3}",
            re.IGNORECASE,
        ),
    ),
    (
        Asked.NUMBER,
        re.compile(
            r"\b(?:student|pupil|lunch|ID|alumno|estudiante)\b[^\n.]{0,10}?#?\d{4,}"
            r"|\b\d{3}-\d{2}-\d{4}\b|(?<![\d.,$€/-])\d{6,10}(?![\d.,/-])",
            re.IGNORECASE,
        ),
    ),
)
_PART = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_PAIR = re.compile(rf"(?<!\w)({_PART})[ \u00a0](?:[^\W\d_]\.[ \u00a0])?(?=({_PART}))")
_NEVER_NAMES = """
    monday tuesday wednesday thursday friday saturday sunday january february march april may
    june july august september october november december spring summer autumn fall winter
    school schools district elementary middle high primary secondary academy college university
    kindergarten preschool grade class room board county city state united states north south
    east west new saint st mount lake fort park street avenue road center centre library gym
    hall department office parent parents family families teacher teachers staff principal
    superintendent coach mr mrs ms mx dr miss sir team club band choir orchestra science math
    reading art music history spanish english the a an and or our your their this that these
    those we you he she it they i in on at to for of from with by as is are was were has have
    when where what who why how if then but so not no yes please thank thanks welcome congrats
    congratulations happy good great day week month year night morning title back open house
    lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio
    julio agosto septiembre octubre noviembre diciembre escuela escuelas distrito primaria
    secundaria preparatoria colegio universidad grado clase junta condado ciudad estado estados
    unidos norte sur este oeste nueva nuevo san santa familia familias maestra maestro padres
    el la los las un una y o de del en con por para que nuestro nuestra su sus gracias
    bienvenidos bienvenidas felicidades buenos buenas feliz día noche
"""
_NO_NAMES = frozenset(_NEVER_NAMES.split())
_FIRST_AND_LAST = 2


def weak_description(said: str) -> Words | None:
    """Return why a description tells too little, as a sentence; None where it may do.

    A description is for who cannot see the picture: a file's name, the word "image" or three
    letters are none (WCAG 2.2, 1.1.1).
    """
    text = " ".join(said.split())
    if not text:
        return words("Description missing: say what can be seen, for whoever cannot see it.")
    if _FILE_NAME.match(text):
        return words("That is the name of a file. Say what can be seen.")
    if len(text) < LEAST_DESCRIPTION or set(re.findall(r"n/a|[^\W_]+", text.lower())) <= (
        _EMPTY_WORDS
    ):
        return words("That says too little. What would you tell somebody on the telephone?")
    return None


def noticed(text: str, *, spared: Collection[str] = ()) -> list[Noticed]:
    """Return what may name a child, or say where one is, each once, in the order of the text.

    `spared` are names that the place knows to be none of a child: its schools, its staff.
    Handles, hashtags and links are left out.
    """
    plain = _HANDLES_AND_LINKS.sub("\n", text)
    found = [
        (match.start(), Noticed(kind, " ".join(match[0].split())))
        for kind, pattern in _PATTERNS
        for match in pattern.finditer(plain)
    ]
    known = {" ".join(name.lower().split()) for name in spared}
    found += [(at, Noticed(Asked.NAME, name)) for at, name in _names(plain, known)]
    return list(dict.fromkeys(one for _, one in sorted(found, key=lambda one: one[0])))


def person_in_name(*names: str) -> str:
    """Return the words of a name that read like a person's, empty where none do (R-36).

    For handles (`jenny_miller`), names of groups and accounts, and hashtags (`#JennyMiller`).
    """
    for name in names:
        parted = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", name.lstrip("#@"))
        parts = [word for word in re.split(r"[\s_.-]+", parted) if word]
        # Whoever writes "Secret circle" would write a name with two large letters.
        written = len({word[0].isupper() for word in parts}) > 1
        spoken = " ".join(parts if written else [word[:1].upper() + word[1:] for word in parts])
        if (found := next((pair for _, pair in _names(spoken, set())), "")) and (
            len(spoken.split()) == _FIRST_AND_LAST
        ):
            return found
    return ""


def persons_in_tags(text: str) -> list[Noticed]:
    """Return the hashtags of a text that read like a first and a last name (R-36)."""
    tags = dict.fromkeys(re.findall(r"(?<!\w)#[^\W\d_]\w*", text))
    return [Noticed(Asked.NAME, tag) for tag in tags if person_in_name(tag)]


def _names(text: str, known: set[str]) -> Iterator[tuple[int, str]]:
    """Yield pairs of words that read like a first and a last name, with their places."""
    spared_words = {word for name in known for word in name.split()} if known else set()
    for match in _PAIR.finditer(text):
        first, last = match[1], match[2]
        if not (_like_a_name(first) and _like_a_name(last)):
            continue
        pair = f"{first} {last}".lower()
        if pair in known or any(pair in name for name in known):
            continue
        if {first.lower(), last.lower()} <= spared_words:
            continue
        yield match.start(), f"{first} {last}"


def _like_a_name(word: str) -> bool:
    """Return whether a word is written like a name, and is none of those that never are one."""
    return (
        len(word) > 1
        and word[0].isupper()
        and word[1:] != word[1:].upper()
        and (word.lower() not in _NO_NAMES)
    )
