"""Writing, changing and deleting posts, and what one does with others'."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web
from msgspec.structs import replace

from federation.resolve import resolve_mentions
from fedi_k12.context import Context
from fedi_k12.domain.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SavedForApprovalError,
)
from fedi_k12.domain.ids import new_token, parse_id
from fedi_k12.domain.languages import LANGUAGES
from fedi_k12.domain.picture_check import FOCUSES, STATEMENTS
from fedi_k12.domain.posts import (
    MAX_MEDIA,
    Draft,
    MediaEdit,
    MediaView,
    PollDraft,
    PostView,
    Visibility,
)
from fedi_k12.services import (
    drafts,
    polls,
    posts,
    profiles,
    reactions,
    scheduled,
    views,
)
from fedi_k12.web.auth import actor, keeps_words, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import (
    approvals,
    attachments,
    conduct,
    drafting,
    forms,
    given_back,
    later,
    second_thoughts,
)
from webui.audiences import AUDIENCES, audience
from webui.forms import Form
from webui.leads import lead, to_approval
from webui.pages import path_of, render
from webui.reading import home_page, no_answer, reply_form, thread_page

MAX_GIVEN = 5000
_STALE = (
    "This page was open for a long time, and its form was too old to be taken. Nothing is "
    "lost: look it over and press the button again. Pictures have to be chosen again."
)
_OTHER_VOICE = (
    "You began this as another account than the one you write as now. Nothing was posted. "
    "Look above whose words these will be, and press the button only if you mean it."
)


@signed_in
async def write(request: web.Request) -> web.StreamResponse:
    """Show the whole form for a post."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    answered = await post_named(request, request.query.get("reply_to", ""))
    async with ctx.read() as session:
        chosen = await profiles.preferences(session, actor=me)
        name = (await views.account_view(session, me.account_id)).username
    form = Form({"who": chosen.default_visibility.value})
    quoted = await post_named(request, request.query.get("quote", ""))
    if answered is not None:
        form = reply_form(answered, name)
    elif quoted is not None:
        form.set("quote", str(quoted.id))
        form.set("who", _as_wide(form["who"], quoted))
    elif to := request.query.get("to", "")[:300]:
        form.set("text", f"@{to} ")
    elif request.query.get("who") == "direct":
        form.set("who", "direct")
    for name, most in (("text", MAX_GIVEN), ("title", 150)):
        if given := request.query.get(name, "")[:most]:
            # What another page wants to be written (FEP-3b86); it is read before it is sent.
            form.set(name, f"{form[name]}{given}")
    form.set("language", chosen.default_language or "")
    form.set("may-reply", chosen.default_reply_policy)
    form.set("may-quote", chosen.default_quote_policy)
    kept: list[MediaView] = []
    if request.query.get("draft"):
        form, kept = await drafting.begun(request)
        answered = await post_named(request, form["reply_to"])
    return await write_page(request, form, answered, kept, back=request.query.get("back", ""))


async def publish_again(request: web.Request) -> web.StreamResponse:
    """Give a form back whose session or secret is gone, with all that was typed."""
    form = await forms.read(request)
    answered = await post_named(request, form["reply_to"])
    return await _too_old(request, form, answered, None)


@keeps_words(publish_again)
async def publish(request: web.Request) -> web.StreamResponse:
    """Publish a post; what has to be corrected comes back as it was typed."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    form = await forms.read(request)
    answered = await post_named(request, form["reply_to"])
    kept = await attachments.kept(request, form)
    kept += await attachments.taken_in(request, form)
    draft = _draft(form, answered, kept)
    if form["do"] == "keep" and not form.errors:
        await drafting.keep(request, form, kept)
    if form["do"] == "preview" and not form.errors:
        shown = await drafting.preview(request, draft, kept)
        return await write_page(request, form, answered, kept, preview=shown)
    if form["do"] == "describe" and me.delegation is not None:
        draft = replace(draft, ask_colleague=True)
    draft = attachments.ask(me, form, draft, kept)
    if not form.errors and await second_thoughts.to_be_asked(request, form):
        return await write_page(request, form, answered, kept, asks=True)
    if not form.errors and (doubt := await second_thoughts.sounds_official(request, form)):
        return await write_page(request, form, answered, kept, doubt=doubt)
    if not form.errors:
        await resolve_mentions(ctx, draft.text)
        try:
            if form["later_day"]:
                await _schedule(request, form, draft)
            post_id = await ctx.write(
                drafts.publish,
                actor=me,
                draft_id=parse_id(form["draft"]),
                draft=draft,
                addresses=ctx.addresses,
                now=ctx.clock(),
                hold_seconds=ctx.settings.hold_seconds,
            )
        except SavedForApprovalError as error:
            lead(f"/approvals/{error.submission_id}?saved")
        except InvalidError as error:
            _refuse(form, error)
        except ForbiddenError as error:
            form.errors["text"] = forms.why(error)
        else:
            await second_thoughts.remember(request, form)
            lead(form["back"] or await _page_of(ctx, request, post_id))
    if form.flag("whole") or kept or form["answers"] or form["do"]:
        return await write_page(request, form, answered, kept, status=422)
    if answered is not None:
        return await thread_page(request, answered.id, form, status=422)
    return await home_page(request, form, status=422)


@signed_in
async def show_edit(request: web.Request) -> web.StreamResponse:
    """Show a post of one's own, to be changed."""
    me = actor(request)
    async with request.app[CONTEXT].read() as session:
        post = await posts.own_post_view(session, actor=me, post_id=_id(request))
        source = await posts.source(session, actor=me, post_id=post.id)
    form = Form(
        {
            "text": source.text,
            "title": source.title,
            "note": source.summary,
            "language": post.language or "",
            "licence": post.license_url,
            "sensitive": "1" if post.sensitive and not source.summary else "",
        }
    )
    approvals.fill(form, source.policy)
    return await write_page(request, form, None, list(post.media), editing=post)


async def edit_again(request: web.Request) -> web.StreamResponse:
    """Give the form for a change back whose session or secret is gone."""
    form = await forms.read(request)
    if (who := viewer(request)) is None:
        return await _too_old(request, form, None, None)
    async with request.app[CONTEXT].read() as session:
        post = await posts.own_post_view(session, actor=who, post_id=_id(request))
    return await _too_old(request, form, None, post)


@keeps_words(edit_again)
async def edit(request: web.Request) -> web.StreamResponse:
    """Change how a post of one's own reads."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    form = await forms.read(request)
    async with ctx.read() as session:
        post = await posts.own_post_view(session, actor=me, post_id=_id(request))
    wanted = set(form.lists.get("media", ()))
    kept = [
        replace(
            item,
            alt=form[f"alt-{item.id}"],
            credit=form[f"credit-{item.id}"],
            license_url=attachments.licence(form, f"licence-{item.id}"),
        )
        for item in post.media
        if str(item.id) in wanted and not form.flag(f"drop-{item.id}")
    ]
    added = await attachments.kept(request, form, besides=post.media)
    added += await attachments.taken_in(request, form)
    draft = Draft(
        text=form["text"],
        title=form["title"].strip(),
        content_type="text/markdown" if form["title"].strip() else "text/plain",
        summary=form["note"],
        sensitive=form.flag("sensitive")
        or bool(form["note"].strip() and not form["title"].strip()),
        language=form["language"] or None,
        media_ids=tuple(item.id for item in [*kept, *added]),
        license_url=attachments.licence(form, "licence"),
        choices=approvals.choices(form),
    )
    if form["do"] == "preview" and not form.errors:
        shown = await drafting.preview(request, draft, [*kept, *added])
        return await write_page(
            request, form, None, [*kept, *added], editing=post, preview=shown
        )
    draft = attachments.ask(me, form, draft, [*kept, *added], added)
    if not form.errors:
        await resolve_mentions(ctx, draft.text)
        try:
            await ctx.write(
                posts.edit,
                actor=me,
                post_id=post.id,
                draft=draft,
                media_edits=[
                    MediaEdit(item.id, item.alt, None, item.credit, item.license_url or "")
                    for item in kept
                ],
                addresses=ctx.addresses,
                now=ctx.clock(),
            )
        except SavedForApprovalError as error:
            lead(f"/approvals/{error.submission_id}?saved")
        except InvalidError as error:
            form.errors["text"] = forms.why(error)
        else:
            lead(path_of(post))
    return await write_page(request, form, None, [*kept, *added], editing=post, status=422)


@signed_in
async def react(request: web.Request) -> web.StreamResponse:
    """Do something with a post, or take it back, and go on where one was."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    change, needs = _REACTIONS[request.match_info["what"]]
    more: dict[str, Any] = {}
    if "now" in needs:
        more["now"] = ctx.clock()
    if "addresses" in needs:
        more["addresses"] = ctx.addresses
    with to_approval():
        await ctx.write(change, actor=actor(request), post_id=_id(request), **more)
    lead(form["back"])


@signed_in
async def vote(request: web.Request) -> web.StreamResponse:
    """Answer a question."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    poll_id = parse_id(form["poll"])
    if poll_id is None:
        raise NotFoundError("There is nothing here that you may see.")
    choices = [int(word) for word in form.lists.get("choice", ()) if word in _POSITIONS]
    await ctx.write(
        polls.vote, actor=actor(request), poll_id=poll_id, choices=choices, now=ctx.clock()
    )
    lead(form["back"])


_POSITIONS = {str(number) for number in range(100)}
_REACTIONS: dict[str, tuple[Callable[..., Awaitable[object]], tuple[str, ...]]] = {
    "recommend": (reactions.favourite, ("now", "addresses")),
    "unrecommend": (reactions.unfavourite, ("now",)),
    "pass-on": (reactions.boost, ("now", "addresses")),
    "take-back": (reactions.unboost, ("now",)),
    "save": (reactions.bookmark, ("now",)),
    "unsave": (reactions.unbookmark, ()),
    "pin": (reactions.pin, ("now",)),
    "unpin": (reactions.unpin, ("now",)),
}


def _draft(form: Form, answered: PostView | None, kept: Sequence[MediaView]) -> Draft:
    """Return what was written in a form as the draft of a post."""
    visibility, local_only = audience(form["who"])
    return Draft(
        text=form["text"],
        title=form["title"].strip(),
        content_type="text/markdown" if form["title"].strip() else "text/plain",
        visibility=visibility,
        local_only=local_only,
        summary=form["note"],
        sensitive=form.flag("sensitive")
        or bool(form["note"].strip() and not form["title"].strip()),
        language=form["language"] or None,
        in_reply_to_id=answered.id if answered is not None else None,
        media_ids=tuple(item.id for item in kept),
        poll=_question(form),
        license_url=attachments.licence(form, "licence"),
        quote_of_id=parse_id(form["quote"]),
        choices=approvals.choices(form),
        idempotency_key=form["key"][:64] or None,
    )


async def _too_old(
    request: web.Request, form: Form, answered: PostView | None, editing: PostView | None
) -> web.StreamResponse:
    """Give a form back filled, with a secret that holds; files have to be chosen again."""
    given_back.explain(request, form, stale=_STALE)
    kept: list[MediaView] = []
    if (who := viewer(request)) is not None:
        if form["written_as"] not in {"", str(who.account_id)}:
            form.errors[""] = _OTHER_VOICE
        kept = await attachments.seen(request, form, editing)
    return await write_page(
        request,
        form,
        answered,
        kept,
        editing=editing,
        status=given_back.STATUS,
        action=request.path,
    )


async def _schedule(request: web.Request, form: Form, draft: Draft) -> None:
    """Keep a post for later and lead to what is to come."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        scheduled.schedule,
        actor=actor(request),
        draft=draft,
        due_at=await later.moment(request, form),
        now=ctx.clock(),
    )
    if (number := parse_id(form["draft"])) is not None:
        await ctx.write(drafts.throw_away, actor=actor(request), draft_id=number)
    raise web.HTTPSeeOther("/later")


def _question(form: Form) -> PollDraft | None:
    """Return the question that somebody asks; its answers stand one on each line."""
    answers = tuple(line.strip() for line in form["answers"].split("\n") if line.strip())
    if not answers:
        return None
    seconds = next((int(word) for word, _ in _SPANS if word == form["open-for"]), 86_400)
    return PollDraft(answers, seconds, form.flag("several"), form.flag("veiled"))


def _refuse(form: Form, error: InvalidError) -> None:
    """Say what is wrong at the field that it is wrong in."""
    sentence = later.plain(error)
    about_answers = sentence.startswith("Options") or "poll and media" in sentence
    form.errors["answers" if about_answers else "text"] = _PLAIN.get(sentence, sentence)


_SPANS = (
    ("300", "5 minutes"),
    ("3600", "1 hour"),
    ("21600", "6 hours"),
    ("86400", "1 day"),
    ("259200", "3 days"),
    ("604800", "1 week"),
    ("1209600", "2 weeks"),
    ("2592000", "30 days"),
)
_PLAIN = {
    "Options must be more than one item": "A question needs at least two answers.",
    "Options can't contain more than 10 items": "A question can have ten answers at most.",
    "Options contain empty or duplicate items": "Two answers are the same.",
    "Options can't be longer than 100 characters each": (
        "An answer can have 100 characters at most."
    ),
    "Cannot attach both a poll and media": "A question cannot have pictures.",
}


async def write_page(
    request: web.Request,
    form: Form,
    answered: PostView | None,
    kept: list[MediaView],
    *,
    editing: PostView | None = None,
    status: int = 200,
    back: str = "",
    asks: bool = False,
    doubt: second_thoughts.Doubt | None = None,
    taken_back: bool = False,
    preview: PostView | None = None,
    action: str = "",
) -> web.StreamResponse:
    """Show the form for writing, with all that was typed.

    `asks` whether a first post is really for everybody; `doubt` asks whose words these are;
    `taken_back` says that it was published
    and is so no longer.
    """
    quoted = await post_named(request, form["quote"])
    title = "Change a post" if editing else "Write a reply" if answered else "Write a post"
    title = "Quote a post" if quoted is not None else title
    return await render(
        request,
        "write.html",
        guide=await conduct.beside(request),
        names=await attachments.to_look_at(request, form, kept),
        status=status,
        form=form,
        title=title,
        action=action or (f"/posts/{editing.id}/edit" if editing else "/posts"),
        preview=preview,
        asked=form.lists.get("asked", []),
        answered=answered,
        no_answer=await no_answer(request, answered if editing is None else None),
        editing=editing,
        back=back,
        asks=asks,
        doubt=doubt,
        taken_back=taken_back,
        quoted=quoted,
        pickers=approvals.PICKERS,
        kept=kept,
        slots=range(1, MAX_MEDIA + 1 - min(MAX_MEDIA, len(kept))),
        audiences=AUDIENCES,
        languages=LANGUAGES.items(),
        spans=_SPANS,
        FOCUSES=FOCUSES,
        STATEMENTS=STATEMENTS,
        key=form["key"] or new_token(),
        noindex=True,
    )


async def post_named(request: web.Request, named: str) -> PostView | None:
    """Return the post that a form names (answered, quoted), None for none.

    None too for who is not signed in: their form is only shown again.
    """
    if not named or viewer(request) is None:
        return None
    number = parse_id(named)
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with request.app[CONTEXT].read() as session:
        return await views.post_view(session, number, viewer=actor(request))


def _as_wide(who: str, quoted: PostView) -> str:
    """Return for whom a quote is at first: for no more than what it quotes."""
    if quoted.local_only:
        return "members"
    narrow = quoted.visibility.breadth < Visibility.UNLISTED.breadth
    return quoted.visibility.value if narrow else who


async def _page_of(ctx: Context, request: web.Request, post_id: int) -> str:
    async with ctx.read() as session:
        view = await views.post_view(session, post_id, viewer=actor(request))
    return path_of(view)


def _id(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


_POST = r"/posts/{id:\d+}"

ROUTES = [
    web.get("/write", write),
    web.post("/posts", publish),
    web.get(_POST + "/edit", show_edit),
    web.post(_POST + "/edit", edit),
    web.post(_POST + "/vote", vote),
    web.post(_POST + "/{what:" + "|".join(_REACTIONS) + "}", react),
]
