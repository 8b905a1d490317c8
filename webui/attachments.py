"""Pictures, films and sounds in the form for a post: taken in, described, kept."""

from collections.abc import Sequence

from aiohttp import web
from msgspec.structs import replace

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.guards import Noticed
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.licences import licence_url
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.picture_check import STATEMENTS, read_check
from fedi_k12.domain.posts import MAX_MEDIA, Draft, MediaView, PostView
from fedi_k12.services import media, name_guard
from fedi_k12.web.auth import actor, viewer
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.uploads import take_captions, take_in
from webui import forms
from webui.forms import Form

_ALT = (
    "Your picture, film or sound has no description yet. Somebody cannot see or hear it: one "
    "sentence is enough. Or press the button again, and it goes out without."
)
_WAIT = (
    "Your film or sound is still being prepared. Everything is kept: press the button again in "
    "a moment."
)


def licence(form: Form, name: str) -> str | None:
    """Return the licence that was chosen from the list; what is no licence is none."""
    try:
        return licence_url(form[name])
    except InvalidError:
        return None


def ask(
    me: Actor,
    form: Form,
    draft: Draft,
    items: Sequence[MediaView],
    fresh: Sequence[MediaView] | None = None,
) -> Draft:
    """Ask for what is missing before a post goes out: for each description just once.

    Whoever was asked and presses the button again has answered: it can go on without. Whoever
    speaks for a school says of new pictures (`fresh`, all of them unless given) that they were
    looked at. Returns the draft with that. A colleague who is asked to describe them is asked
    all of it instead.
    """
    asked = form.lists.setdefault("asked", [])
    bare = [str(one.id) for one in items if not one.alt.strip() and str(one.id) not in asked]
    asked.extend(bare)
    if any(not one.ready for one in items):
        form.errors.setdefault("", _WAIT)
    elif bare and not draft.ask_colleague:
        form.errors.setdefault("", _ALT)
    shown = [one for one in (items if fresh is None else fresh) if one.kind != "audio"]
    if me.delegation is None or not shown or draft.ask_colleague:
        return draft
    given = {name: form[name] for name in ("focus", *STATEMENTS)}
    try:
        return replace(draft, checked=read_check(given, by=me.member_id or 0))
    except InvalidError as error:
        form.errors.setdefault("focus", forms.why(error))
        return draft


async def to_look_at(
    request: web.Request, form: Form, items: Sequence[MediaView]
) -> list[Noticed]:
    """Return what whoever writes for a school looks at again; nothing for oneself (R-32)."""
    who = viewer(request)
    if who is None or who.delegation is None:
        return []
    said = (form["title"], form["note"], form["text"], *(one.alt for one in items))
    async with request.app[CONTEXT].read() as session:
        return await name_guard.to_look_at(session, *said)


async def kept(
    request: web.Request, form: Form, *, besides: Sequence[MediaView] = ()
) -> list[MediaView]:
    """Return the pictures that were taken in before, described as they are now.

    Those in `besides` belong to a post already, and are changed with it.
    """
    ctx = request.app[CONTEXT]
    me = actor(request)
    attached = {item.id for item in besides}
    found = []
    for word in form.lists.get("media", ()):
        number = parse_id(word)
        if number is None or number in attached or form.flag(f"drop-{word}"):
            continue
        alt, credit = form[f"alt-{word}"], form[f"credit-{word}"]
        rights = licence(form, f"licence-{word}")
        async with ctx.read() as session:
            view = await media.get(session, actor=me, media_id=number)
        if view.failed:
            form.errors[""] = view.failure.removeprefix("Validation failed: ")
            continue
        found.append(replace(view, alt=alt, credit=credit, license_url=rights))
        try:
            if (captions := form.files.get(f"captions-{number}")) is not None:
                await take_captions(
                    ctx, captions.file, actor=me, media_id=number, language=form["language"]
                )
            await ctx.write(
                media.update,
                actor=me,
                media_id=number,
                alt=alt,
                credit=credit,
                license_url=rights or "",
            )
        except InvalidError as error:
            form.errors[""] = forms.why(error)
    return found


async def seen(request: web.Request, form: Form, editing: PostView | None) -> list[MediaView]:
    """Return the pictures that a form names, as they are described in it; nothing is changed.

    For a form whose secret did not hold: it may be shown again, and nothing else.
    """
    there = {item.id: item for item in editing.media} if editing is not None else {}
    found = []
    for word in form.lists.get("media", ()):
        number = parse_id(word)
        if number is None:
            continue
        view = there.get(number)
        if view is None:
            try:
                async with request.app[CONTEXT].read() as session:
                    view = await media.get(session, actor=actor(request), media_id=number)
            except NotFoundError:
                continue
        found.append(
            replace(
                view,
                alt=form[f"alt-{word}"],
                credit=form[f"credit-{word}"],
                license_url=licence(form, f"licence-{word}"),
            )
        )
    return found


async def taken_in(request: web.Request, form: Form) -> list[MediaView]:
    """Take in the pictures, films and sounds that came along."""
    ctx = request.app[CONTEXT]
    found = []
    for slot in range(1, MAX_MEDIA + 1):
        file = form.files.get(f"picture{slot}")
        if file is None:
            continue
        alt = form[f"alt{slot}"]
        try:
            view = await take_in(ctx, file.file, actor=actor(request), alt=alt)
            view = await ctx.write(
                media.update,
                actor=actor(request),
                media_id=view.id,
                credit=form[f"credit{slot}"],
                license_url=licence(form, f"licence{slot}") or "",
            )
        except InvalidError as error:
            name = f"alt{slot}" if "description" in error.fields else f"picture{slot}"
            form.errors[name] = forms.why(error)
            continue
        found.append(view)
        for name in ("alt", "credit", "licence"):
            form.set(f"{name}{slot}", "")
    return found
