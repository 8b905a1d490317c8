"""The translation service that an operator chose: LibreTranslate, or what speaks as it does.

See https://docs.libretranslate.com. What it answers is believed in nothing: it is read within
limits, and whoever shows it makes its HTML safe.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from fedi_k12.domain.errors import UnavailableError
from fedi_k12.domain.languages import normalise_language
from fedi_k12.guard import Answer, FetchError, GuardedClient

SECONDS = 20.0
MAX_ANSWER_BYTES = 1_048_576
MAX_LANGUAGES = 500
LANGUAGES_KEPT = timedelta(hours=24)
ASKED_AGAIN = timedelta(minutes=1)
"""So long nobody waits for a service again that did not say its languages."""
_OK = 200
_UNUSABLE = "The translation service does not answer properly at the moment."
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}

Languages = dict[str, frozenset[str]]
"""By language, those that it can be put into."""


class _Spoken(msgspec.Struct):
    code: str
    targets: list[str] | None = None


class _Detected(msgspec.Struct):
    language: str = ""


class _Texts(msgspec.Struct):
    translatedText: list[str]  # noqa: N815 - the name on the wire
    detectedLanguage: list[_Detected] | _Detected | None = None  # noqa: N815 - as above


class Translated(Struct, frozen=True):
    """Texts in another language, in the order they were given in."""

    texts: tuple[str, ...]
    source: str | None
    """The language that the service found them in, where it said so."""


class Translator:
    """Asks the service, and remembers which languages it knows."""

    def __init__(
        self, http: GuardedClient, *, url: str, key: str, clock: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._key = key
        self._clock = clock
        self._languages: Languages = {}
        self._fresh_until: datetime | None = None

    @property
    def provider(self) -> str:
        """What readers are told about who translated."""
        host = urlsplit(self._url).hostname or ""
        return (
            f"LibreTranslate ({host})"
            if "." in host and host[-1].isalpha()
            else ("LibreTranslate")
        )

    async def languages(self) -> Languages:
        """Return what can be put into what, asked once a day.

        Raises `UnavailableError` where the service never said. What it said before holds while
        it does not answer.
        """
        now = self._clock()
        if self._fresh_until is None or self._fresh_until <= now:
            self._fresh_until = now + ASKED_AGAIN
            try:
                answer = await self._http.get(
                    f"{self._url}/languages",
                    headers=_HEADERS,
                    max_bytes=MAX_ANSWER_BYTES,
                    total=SECONDS,
                    max_redirects=0,
                )
                self._languages = _languages_of(_body(answer))
                self._fresh_until = now + LANGUAGES_KEPT
            except (FetchError, msgspec.MsgspecError) as error:
                if not self._languages:
                    raise UnavailableError(_UNUSABLE) from error
        if not self._languages:
            raise UnavailableError(_UNUSABLE)
        return self._languages

    async def translate(
        self, texts: Sequence[str], *, source: str | None, target: str
    ) -> Translated:
        """Return HTML texts in another language; raise `UnavailableError`.

        What comes back is not safe to show yet.
        """
        asked = {"q": list(texts), "source": source or "auto", "target": target}
        body = {**asked, "format": "html", **({"api_key": self._key} if self._key else {})}
        try:
            answer = await self._http.post(
                f"{self._url}/translate",
                body=json.dumps(body).encode(),
                headers=_HEADERS,
                max_bytes=MAX_ANSWER_BYTES,
                total=SECONDS,
            )
            found = msgspec.json.decode(_body(answer), type=_Texts)
        except (FetchError, msgspec.MsgspecError) as error:
            raise UnavailableError(_UNUSABLE) from error
        if len(found.translatedText) != len(texts):
            raise UnavailableError(_UNUSABLE)
        heard = found.detectedLanguage
        first = heard[0] if isinstance(heard, list) and heard else heard
        said = normalise_language(first.language) if isinstance(first, _Detected) else None
        return Translated(tuple(_storable(text) for text in found.translatedText), said)


def _languages_of(body: bytes) -> Languages:
    spoken = msgspec.json.decode(body, type=list[_Spoken])[:MAX_LANGUAGES]
    everything = [item.code for item in spoken]
    found = {}
    for item in spoken:
        code = normalise_language(item.code)
        targets = (normalise_language(target) for target in item.targets or everything)
        if code is not None:
            found[code] = frozenset(target for target in targets if target) - {code}
    return found


def _storable(text: str) -> str:
    """Return a text without NUL, which PostgreSQL does not store."""
    return text.replace("\x00", "")


def _body(answer: Answer) -> bytes:
    """Return the body of an answer; what is not a success has nothing to use."""
    if answer.status != _OK:
        raise FetchError(_UNUSABLE, reason=f"status {answer.status}")
    return answer.body
