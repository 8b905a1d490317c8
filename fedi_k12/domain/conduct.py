"""How one writes for an official account: a guide that whoever acts for it has accepted (S-45).

Until an account has a guide of its own, the one of the place holds. A new version asks again.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.words import words

MAX_GUIDE = 10_000
LANGUAGES = ("en", "es")
"""In which a guide may be written."""
OF_THE_PLACE: Mapping[str, str] = {
    "en": """\
You speak for everybody who belongs to this account, and not for yourself. Thousands of people
may read what you write, and some of them do not like you yet.

- Say what helps the people this account is for. Its charter says who they are.
- Write so that a tired parent understands it on the bus. Short sentences, no abbreviations.
- Never correct, mock or grade anybody in public: not a child, not a parent, not a colleague.
- No inside jokes and no put-downs. They are for your own account, if for anywhere.
- Name no child, and show none who could be known, without consent in writing.
- Describe each picture. Give films their words.
- Answer questions, and do it kindly. With what concerns one child, ask the family to call.
- Who criticises you has a right to. Thank them, answer once, and leave it.
- In doubt do not post. Keep a draft and ask a colleague.
- What you got wrong, say so where you said it. Do not delete it in silence.
""",
    "es": """\
Usted habla por todas las personas de esta cuenta, no a título propio. Miles de personas pueden
leer lo que escribe, y a algunas todavía no les cae bien.

- Diga lo que ayuda a las personas para quienes es esta cuenta. Sus estatutos dicen quiénes son.
- Escriba de modo que lo entienda una madre cansada en el autobús. Frases cortas, sin siglas.
- Nunca corrija, ridiculice ni califique a nadie en público: ni a un niño o una niña, ni a su
  familia, ni a colegas.
- Nada de bromas privadas ni de burlas. Son para su propia cuenta, si es que para alguna.
- Sin consentimiento por escrito no nombre a ningún niño, ni muestre a quien se pueda reconocer.
- Describa cada imagen. Dé a las películas sus palabras.
- Responda a las preguntas, y con amabilidad. Si se trata de un solo niño, pida a la familia que
  llame.
- Quien critica tiene derecho a hacerlo. Dé las gracias, responda una vez y déjelo ahí.
- En caso de duda no publique. Guarde un borrador y pregunte a un colega.
- Si se equivocó, dígalo donde lo dijo. No lo borre en silencio.
""",
}


class Guide(Struct, frozen=True):
    """A version of the guide of an official account."""

    account_id: int
    version: int
    """1 for its first own; 0 for that of the place."""
    texts: Mapping[str, str]
    """By language tag; at least one."""
    since: datetime | None = None
    """None for that of the place."""
    by: str = ""
    """The handle of who wrote it; empty for the operator."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the texts, in hexadecimal: what exactly somebody accepted."""
        whole = json.dumps(dict(self.texts), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()

    def text(self, language: str) -> str:
        """Return it in a reader's language, in another where it is not written in that."""
        short = language.partition("-")[0]
        return self.texts.get(short) or next(iter(self.texts.values()))


class Acceptance(Struct, frozen=True):
    """That somebody who acts, or acted, for an account accepted a version of its guide."""

    handle: str
    """As it was then."""
    version: int
    digest: str
    at: datetime


class Register(Struct, frozen=True):
    """Who accepted which version when, the newest first, and who has yet to."""

    guide: Guide
    accepted: tuple[Acceptance, ...]
    missing: tuple[str, ...]
    """The handles of who acts for the account and did not accept what holds now."""


def checked(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a guide as they are kept; raise `InvalidError` naming the field."""
    kept = {one: texts.get(one, "").strip() for one in LANGUAGES}
    for language, text in kept.items():
        if len(text) > MAX_GUIDE:
            sentence = words("Please say it in %(num)d letters.", num=MAX_GUIDE)
            raise InvalidError(sentence, fields={language: sentence})
    if not any(kept.values()):
        sentence = words("Write it in one language at least.")
        raise InvalidError(sentence, fields={LANGUAGES[0]: sentence})
    return {language: text for language, text in kept.items() if text}
