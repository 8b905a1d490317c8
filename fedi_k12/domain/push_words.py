"""What a phone shows when an app is woken, in the languages that there are words for."""

_WORDS = {
    "en": {
        "mention": "{name} mentioned you",
        "status": "{name} posted something",
        "reblog": "{name} boosted your post",
        "follow": "{name} follows you now",
        "follow_request": "{name} would like to follow you",
        "favourite": "{name} liked your post",
        "poll": "A poll has ended",
        "update": "{name} edited a post",
        "quote": "{name} quoted your post",
        "quoted_update": "{name} edited a post that you quoted",
        "admin.sign_up": "{name} signed up",
        "admin.report": "{name} reported something",
    },
    "es": {
        "mention": "{name} te mencionó",
        "status": "{name} publicó algo",
        "reblog": "{name} compartió tu publicación",
        "follow": "{name} ahora te sigue",
        "follow_request": "{name} quiere seguirte",
        "favourite": "A {name} le gusta tu publicación",
        "poll": "Una encuesta ha terminado",
        "update": "{name} editó una publicación",
        "quote": "{name} citó tu publicación",
        "quoted_update": "{name} editó una publicación que citaste",
        "admin.sign_up": "{name} se registró",
        "admin.report": "{name} denunció algo",
    },
}


def title(kind: str, name: str, language: str) -> str:
    """Return one line that says who did what; in English where there are no other words."""
    words = _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])
    # Not `format`: a display name may hold braces.
    return words.get(kind, "{name}").replace("{name}", name)
