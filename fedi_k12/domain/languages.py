"""Languages: tags as BCP 47 writes them, and the names people know them by."""

import re

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:[-_](?P<script>[a-z]{4}))?(?:[-_](?P<region>[a-z]{2}|\d{3}))?",
    re.IGNORECASE,
)

LANGUAGES: dict[str, str] = {
    "af": "Afrikaans", "am": "አማርኛ", "ar": "العربية", "az": "Azərbaycan dili",
    "be": "беларуская мова", "bg": "български език", "bn": "বাংলা", "bs": "Bosanski",
    "ca": "Català", "cs": "Čeština", "cy": "Cymraeg", "da": "Dansk", "de": "Deutsch",
    "el": "Ελληνικά", "en": "English", "eo": "Esperanto", "es": "Español", "et": "Eesti",
    "eu": "Euskara", "fa": "فارسی", "fi": "Suomi", "fil": "Filipino", "fr": "Français",
    "ga": "Gaeilge", "gl": "Galego", "gu": "ગુજરાતી", "ha": "Hausa", "haw": "ʻŌlelo Hawaiʻi",
    "he": "עברית", "hi": "हिन्दी", "hmn": "Hmoob", "hr": "Hrvatski", "ht": "Kreyòl ayisyen",
    "hu": "Magyar", "hy": "Հայերեն", "id": "Bahasa Indonesia", "ig": "Asụsụ Igbo",
    "is": "Íslenska", "it": "Italiano", "ja": "日本語", "ka": "ქართული", "kk": "қазақша",
    "km": "ខ្មែរ", "kn": "ಕನ್ನಡ", "ko": "한국어", "ku": "Kurmancî", "la": "Latina", "lo": "ລາວ",
    "lt": "Lietuvių kalba", "lv": "Latviešu valoda", "mh": "Kajin M̧ajeļ", "mi": "Te reo Māori",
    "mk": "македонски јазик", "ml": "മലയാളം", "mn": "Монгол хэл", "mr": "मराठी",
    "ms": "Bahasa Melayu", "my": "ဗမာစာ", "ne": "नेपाली", "nl": "Nederlands", "no": "Norsk",
    "nv": "Diné bizaad", "om": "Afaan Oromoo", "pa": "ਪੰਜਾਬੀ", "pl": "Polski", "ps": "پښتو",
    "pt": "Português", "qu": "Runa Simi", "ro": "Română", "ru": "Русский",
    "rw": "Ikinyarwanda", "sk": "Slovenčina", "sl": "Slovenščina", "sm": "Gagana faʻa Sāmoa",
    "so": "Soomaaliga", "sq": "Shqip", "sr": "српски језик", "sv": "Svenska",
    "sw": "Kiswahili", "ta": "தமிழ்", "te": "తెలుగు", "th": "ไทย", "ti": "ትግርኛ",
    "tl": "Wikang Tagalog", "to": "Faka Tonga", "tr": "Türkçe", "uk": "Українська",
    "ur": "اردو", "uz": "Ўзбек", "vi": "Tiếng Việt", "yi": "ייִדיש", "yo": "Yorùbá",
    "zh": "中文", "zu": "isiZulu",
}  # fmt: skip


def normalise_language(text: str) -> str | None:
    """Return a language tag as BCP 47 writes it (`pt-BR`), or None for what is none."""
    match = _TAG.fullmatch(text.strip())
    if match is None or match["language"].lower() == "und":
        return None
    parts = [match["language"].lower()]
    if match["script"]:
        parts.append(match["script"].title())
    if match["region"]:
        parts.append(match["region"].upper())
    return "-".join(parts)


def language_name(tag: str) -> str:
    """Return the name of a language in itself, as `Español` for `es-MX`; the tag if unknown."""
    return LANGUAGES.get(tag.partition("-")[0].lower(), tag)
