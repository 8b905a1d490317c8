"""One line for each kind of notice, in the languages that there are words for.

A phone shows it when an app is woken, and an app that does not know the kind.
"""

BASELINE = frozenset(
    {
        "mention",
        "status",
        "reblog",
        "follow",
        "follow_request",
        "favourite",
        "poll",
        "update",
        "quote",
        "quoted_update",
    }
)
"""What every app knows: there are no words besides for it."""
_SUMMARIES = {
    "en": "This app does not know this kind of notice. {link}",
    "es": "Esta aplicación no conoce este tipo de aviso. {link}",
}
_LINKS = {"en": "See it on {host}", "es": "Míralo en {host}"}
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
        "added_to_collection": "{name} put you into a collection",
        "collection_update": "{name} changed a collection that you are in",
        "severed_relationships": "Follows between this server and {name} ended",
        "moderation_warning": "The moderators decided something about your account",
        "quote_request": "{name} asks to quote you",
        "reply_request": "{name} asks to answer you",
        "event_join": "{name} is coming to your event, or waits for a place",
        "event_request": "{name} asks to come to your event",
        "event_left": "{name} is not coming to your event after all",
        "event_accepted": "{name} has a place for you",
        "event_rejected": "{name} has no place for you",
        "event_changed": "{name} changed an event that you want to come to",
        "event_cancelled": "{name} called an event off that you want to come to",
        "event_reminder": "An event that you are coming to begins soon",
        "event_invite": "{name} invites you to an event",
        "group_request": "{name} asks to join a group that you look after",
        "approval_request": "Something that {name} is to say waits for you",
        "approval_given": "What you wrote for {name} was approved",
        "approval_returned": "What you wrote for {name} came back to be changed",
        "emergency_post": "{name} said something at once, in an emergency",
        "board_thread": "Members of one board write in one thread, {name} among them",
        "answer_hidden": "Your answer to {name} was hidden under a rule",
        "answer_appealed": "Somebody appeals: their answer to {name} was hidden",
        "appeal_decided": "Your appeal about your answer to {name} was decided",
        "restriction_asked": "Somebody's answers to {name} are to wait: it needs you",
        "answers_restricted": "Your answers to {name} are looked at first, for a time",
        "restriction_appealed": "Somebody appeals: their answers to {name} wait",
        "restriction_decided": "Your appeal about your answers to {name} was decided",
        "feed_failing": "A feed of {name} has not been read for days",
        "tag_left": "Your post was taken off the page of {name} under a rule",
        "tag_came_back": "Your post stands on the page of {name} again",
        "classroom_ends": "The school year of {name} ends soon",
        "departure": "You leave the district: what becomes of your account",
        "case_given": "You are to answer what somebody asked {name}",
        "digest_waits": "The digest that {name} is to publish waits for you",
        "take_down": "Somebody asks that something be taken down",
        "sign_in": "Your account was signed in to",
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
        "added_to_collection": "{name} te puso en una colección",
        "collection_update": "{name} cambió una colección en la que estás",
        "severed_relationships": "Terminaron seguimientos entre este servidor y {name}",
        "moderation_warning": "La moderación decidió algo sobre tu cuenta",
        "quote_request": "{name} pide citarte",
        "reply_request": "{name} pide responderte",
        "event_join": "{name} viene a tu evento o espera un lugar",
        "event_request": "{name} pide venir a tu evento",
        "event_left": "{name} ya no viene a tu evento",
        "event_accepted": "{name} tiene un lugar para ti",
        "event_rejected": "{name} no tiene un lugar para ti",
        "event_changed": "{name} cambió un evento al que quieres ir",
        "event_cancelled": "{name} canceló un evento al que quieres ir",
        "event_reminder": "Un evento al que vas empieza pronto",
        "event_invite": "{name} te invita a un evento",
        "group_request": "{name} pide unirse a un grupo que cuidas",
        "approval_request": "Algo que {name} va a decir espera tu aprobación",
        "approval_given": "Se aprobó lo que escribiste para {name}",
        "approval_returned": "Lo que escribiste para {name} volvió para que lo cambies",
        "emergency_post": "{name} dijo algo de inmediato, en una emergencia",
        "board_thread": "Miembros de un mismo consejo escriben en un hilo, {name} entre ellos",
        "answer_hidden": "Tu respuesta a {name} se ocultó según una regla",
        "answer_appealed": "Alguien recurre: se ocultó su respuesta a {name}",
        "appeal_decided": "Se decidió tu recurso sobre tu respuesta a {name}",
        "restriction_asked": "Las respuestas de alguien a {name} van a esperar: haces falta tú",
        "answers_restricted": "Tus respuestas a {name} se revisan antes, por un tiempo",
        "restriction_appealed": "Alguien recurre: sus respuestas a {name} esperan",
        "restriction_decided": "Se decidió tu recurso sobre tus respuestas a {name}",
        "feed_failing": "Hace días que no se puede leer un canal de {name}",
        "tag_left": "Tu publicación se quitó de la página de {name} según una regla",
        "tag_came_back": "Tu publicación está otra vez en la página de {name}",
        "classroom_ends": "El año escolar de {name} termina pronto",
        "departure": "Dejas el distrito: qué pasa con tu cuenta",
        "case_given": "Te toca responder a lo que alguien preguntó a {name}",
        "digest_waits": "El resumen que {name} va a publicar te espera",
        "take_down": "Alguien pide que se retire algo",
        "sign_in": "Se inició sesión en tu cuenta",
    },
}

_AFTER_QUIET = {"en": "News from your quiet hours", "es": "Novedades de tus horas de descanso"}
_AND = {"en": ("{names} and {last}", "{names} and others"),
        "es": ("{names} y {last}", "{names} y otras personas")}  # fmt: skip
_SHOWN = 2


def after_quiet(language: str) -> str:
    """Return one line that says that several things came while it was quiet."""
    return _AFTER_QUIET.get(language.partition("-")[0].lower(), _AFTER_QUIET["en"])


def named(names: list[str], language: str) -> str:
    """Return whom something came from: the first two by name, the others as others."""
    last, more = _AND.get(language.partition("-")[0].lower(), _AND["en"])
    if len(names) == 1:
        return names[0]
    if len(names) == _SHOWN:
        return last.replace("{last}", names[1], 1).replace("{names}", names[0], 1)
    return more.replace("{names}", ", ".join(names[:_SHOWN]), 1)


def title(kind: str, name: str, language: str) -> str:
    """Return one line that says who did what; in English where there are no other words."""
    words = _WORDS[_known(language)]
    # Not `format`: a display name may hold braces.
    return words.get(kind, "{name}").replace("{name}", name)


def summary(link: str, language: str) -> str:
    """Return the line of HTML for an app that does not know a kind; `link` is HTML too."""
    return _SUMMARIES[_known(language)].replace("{link}", link)


def link_words(host: str, language: str) -> str:
    """Return what the link to a notice's page on this server says."""
    return _LINKS[_known(language)].replace("{host}", host)


def _known(language: str) -> str:
    first = language.partition("-")[0].lower()
    return first if first in _WORDS else "en"
