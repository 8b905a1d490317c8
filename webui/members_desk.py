"""People at the moderators' desk: found, looked at, decided about."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from aiohttp import web

from fedi_k12.domain.departures import NOTICE
from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.offices import LABEL_CHOICES, Label
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Action, Actor, Judged, Role, decide_about
from fedi_k12.domain.staff import ORIGINS, STATUSES, AccountFilter, StaffAccount
from fedi_k12.services import (
    audit_log,
    departures,
    moderation,
    offices,
    owned_tags,
    sanctions,
    staff,
)
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui import departing, forms
from webui.forms import Form
from webui.moderating import desk_page

PAGE = 40
NOTES = 30
MAX_SEARCH = 200
_WHERE = {"local": "Here", "remote": "On other servers", "": "Anywhere"}
_STATES = {
    "": "Anything",
    "active": "Not suspended",
    "pending": "Waiting to be let in",
    "silenced": "Limited",
    "sensitized": "Pictures marked sensitive",
    "disabled": "Kept from signing in",
    "suspended": "Suspended",
}
_ROLES = {
    "": "Any role",
    "member": "Member",
    "moderator": "Moderator",
    "admin": "Administrator",
    "owner": "Owner",
}
_DECISIONS = {
    "none": (
        "Warn",
        "They are told what you write below. Nothing else changes.",
    ),
    "silence": (
        "Limit",
        "Only those who follow them come across what they write.",
    ),
    "sensitive": (
        "Mark their pictures as sensitive",
        "Pictures are shown to those only who ask for them.",
    ),
    "disable": (
        "Keep from signing in",
        "They are signed out everywhere. What they wrote stays where it is.",
    ),
    "suspend": (
        "Suspend",
        "They are signed out everywhere, and nothing of them is shown. Nothing is destroyed.",
    ),
}
_LABELS = {
    "text": "The words",
    "type": "The decision",
    "title": "The office",
    "label": "What is said beside their name",
    "last_day": "The last day",
    "leaves_on": "Their last day",
    "why": "The ground",
}


@role_needed(Action.REVIEW_MEMBERS)
async def show_members(request: web.Request) -> web.StreamResponse:
    """Show a page of people, those who were looked for, the newest first."""
    ctx, me, asked = request.app[CONTEXT], actor(request), request.query
    form = Form(
        {
            "q": asked.get("q", "")[:MAX_SEARCH].replace("\0", "").strip(),
            "where": _known(asked.get("where", "local"), _WHERE),
            "state": _known(asked.get("state", ""), _STATES),
            "role": _known(asked.get("role", ""), _ROLES),
        }
    )
    async with ctx.read() as session:
        found = await staff.page(
            session,
            actor=me,
            wanted=AccountFilter(
                origin=next((one for one in ORIGINS if one == form["where"]), ""),
                status=next((one for one in STATUSES if one == form["state"]), ""),
                text=form["q"],
                roles=(Role(form["role"]),) if form["role"] else (),
            ),
            page=PageRequest(limit=PAGE, max_id=parse_id(asked.get("max_id", ""))),
        )
    kept = {name: form[name] for name in ("q", "where", "state", "role")}
    earlier = found.oldest if len(found.items) >= PAGE else None
    return await desk_page(
        request,
        "members_desk.html",
        "members",
        form=form,
        people=found.items,
        earlier=str(request.rel_url.with_query({**kept, "max_id": str(earlier)}))
        if earlier
        else "",
        WHERE=_WHERE,
        STATES=_STATES,
        ROLES=_ROLES,
    )


@role_needed(Action.REVIEW_MEMBERS)
async def show_member(request: web.Request) -> web.StreamResponse:
    """Show one account: what staff know of it, what was decided, what can be."""
    return await _member_page(request, Form({"type": "none"}))


@role_needed(Action.REVIEW_MEMBERS)
async def decide_member(request: web.Request) -> web.StreamResponse:
    """Decide about an account, take a decision back, or note something about it."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    what, number = request.match_info["what"], _number(request)
    asked: dict[str, Any] = {"actor": me, "account_id": number, "now": ctx.clock()}
    try:
        if what == "decide":
            await ctx.write(
                sanctions.act,
                kind=form["type"],
                text=form["text"],
                remark=form["remark"],
                **asked,
            )
        elif what == "note":
            await ctx.write(sanctions.note, text=form["note"], **asked)
        elif what == "role":
            await ctx.write(sanctions.give_role, role=_role(form["role"]), **asked)
        elif what == "departs":
            await departing.decide(request, asked, form)
        elif what in {"staff", "unstaff"}:
            await ctx.write(owned_tags.vouch, staff_now=what == "staff", **asked)
        elif what == "office":
            await ctx.write(
                offices.give,
                title=form["title"],
                label=_label(form["label"]),
                last_day=_day(form["last_day"]),
                **asked,
            )
        elif what == "unsuspend":
            await ctx.write(moderation.unsuspend_account, addresses=ctx.addresses, **asked)
        else:
            await ctx.write(_UNDONE[what], **asked)
    except ConflictError as error:
        form.errors[""] = str(error)
        return await _member_page(request, form, status=409)
    except InvalidError as error:
        labels = {"text": "The note"} if what == "note" else _LABELS
        form.refuse(error, labels)
        if what == "note" and "text" in form.errors:
            form.errors["note"] = form.errors.pop("text")
        return await _member_page(request, form, status=422)
    raise web.HTTPSeeOther(f"/moderation/members/{number}?done={what}")


_UNDONE: dict[str, Callable[..., Awaitable[None]]] = {
    "enable": sanctions.enable,
    "stays": departures.take_back,
    "unsilence": sanctions.unsilence,
    "unsensitive": sanctions.unsensitize,
    "end-office": offices.end,
}
_DONE = {
    "decide": "Decided. If somebody signs in to the account here, they are told.",
    "note": "Noted for the staff.",
    "role": "The role is given. It holds from now on.",
    "staff": "You stand for it now that they are staff.",
    "office": "The office is given. From now on the account says so beside its name.",
    "end-office": "The office is ended, and nothing of it stands beside the name any more.",
    "unstaff": "Nobody stands for it any more that they are staff.",
    "departs": "Noted. They are told now, and again in time.",
    "stays": "Taken back. They are told.",
    "enable": "They can sign in again.",
    "unsilence": "Everybody can come across the account again.",
    "unsensitive": "Pictures are shown as the account says itself.",
    "unsuspend": "The suspension is taken back. What they wrote is shown again.",
}


async def _member_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx, me, number = request.app[CONTEXT], actor(request), _number(request)
    found = await ctx.write(staff.one, actor=me, account_id=number, now=ctx.clock())
    async with ctx.read() as session:
        seen = await staff.last_seen(session, found)
        log = await audit_log.page(session, actor=me, limit=NOTES, about=number)
        inviter = await staff.inviter_of(session, found)
        held = await offices.all_of(session, account_id=number)
        leaves = await departures.of_member(session, member_id=found.member_id or 0)
    return await desk_page(
        request,
        "member_desk.html",
        "members",
        status=status,
        form=form,
        one=found,
        seen=seen,
        log=log,
        inviter=inviter,
        leaves=leaves,
        earliest=(ctx.clock() + NOTICE).date(),
        refusal=_refusal(me, found),
        decisions=_open_to(found),
        gives_roles=_may_give_role(me, found),
        offices=held,
        gives_offices=offices.may_give(me, account_id=number, member_id=found.member_id),
        LABELS=LABEL_CHOICES,
        ROLES=_ROLES,
        done=_DONE.get(request.query.get("done", ""), ""),
    )


def _refusal(me: Actor, about: StaffAccount) -> str:
    """Return why the one who looks cannot decide about an account, empty where they can."""
    return decide_about(me, Action.RESTRAIN, _judged(about)).why


def _may_give_role(me: Actor, about: StaffAccount) -> bool:
    return (
        about.role is not None and decide_about(me, Action.GIVE_ROLES, _judged(about)).allowed
    )


def _judged(about: StaffAccount) -> Judged:
    return Judged(about.view.id, about.member_id, about.role)


def _open_to(about: StaffAccount) -> dict[str, tuple[str, str]]:
    """Return what can be decided that does not hold already."""
    holds = {
        "silence": about.silenced,
        "sensitive": about.sensitized,
        "disable": about.disabled or about.member_id is None,
        "suspend": about.suspended,
        "none": about.member_id is None,
    }
    return {kind: words for kind, words in _DECISIONS.items() if not holds.get(kind)}


def _known(word: str, words: Mapping[str, str]) -> str:
    return word if word in words else ""


def _role(word: str) -> Role:
    role = next((one for one in Role if one.value == word), None)
    if role is None:
        raise InvalidError("Choose a role.", fields={"role": "is not one that is known"})
    return role


def _label(word: str) -> Label:
    label = next((one for one in Label if one.value == word), None)
    if label is None:
        raise InvalidError(
            "Choose what is said beside their name.", fields={"label": "is not one of the two"}
        )
    return label


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidError(
            "Write the last day as 2027-06-30.", fields={"last_day": "is not a day"}
        ) from error


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


_ONE = r"/moderation/members/{id:\d+}"
ROUTES = [
    web.get("/moderation/members", show_members),
    web.get(_ONE, show_member),
    web.post(
        _ONE
        + "/{what:decide|note|role|departs|office|staff|unstaff|unsuspend|"
        + "|".join(_UNDONE)
        + "}",
        decide_member,
    ),
]
