"""The letter that sums up a member's notifications, and what ends such letters."""

from collections.abc import Sequence

from fedi_k12 import postman
from fedi_k12.context import Context
from fedi_k12.domain.mail_jobs import FindDueLetters, SendMailing
from fedi_k12.domain.mailings import Every, Kind
from fedi_k12.domain.notifications import NotificationView
from fedi_k12.domain.posts import PostView, Visibility
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import short_text
from fedi_k12.domain.words import Words, counted, words
from fedi_k12.services import families, mailings, site
from webui.letter_paper import Item, Sheet, letter
from webui.locales import locale_for
from webui.pages import path_of
from webui.people import notice_sentence
from webui.words import said, speaking

QUOTED = 200
"""Characters of what is shown of a post that everybody may read."""
STOP = "/mail/stop/"
_FOLDED = ("favourite", "reblog", "follow")


async def find_due_letters(ctx: Context, job: FindDueLetters) -> None:
    """Job: have those letters written that are due, for members and for families."""
    await mailings.find_due(ctx, job)
    await families.find_due(ctx, job)


async def send_mailing(ctx: Context, job: SendMailing) -> None:
    """Job: send a member the letter that they chose; raises `FetchError` to try again later."""
    async with ctx.read() as session:
        kind = await mailings.kind_by_id(session, mailing_id=job.mailing_id)
    if kind is Kind.DESK:
        await _send_desk(ctx, job)
    elif kind is Kind.NOTICES:
        await _send_notices(ctx, job)


async def _send_notices(ctx: Context, job: SendMailing) -> None:
    async with ctx.read() as session:
        found = await mailings.notice_letter(
            session, mailing_id=job.mailing_id, now=ctx.clock()
        )
        place = (await site.site(session, name=ctx.settings.name)).title
    if found is None:
        return
    with speaking(locale_for(found.head.locale)):
        made = letter(
            ctx,
            sheet_of(found.notices, every=found.head.every, more=found.more, place=place),
            to=found.head.to,
            stop=STOP + found.head.key,
            cause=job.cause,
        )
    await postman.post(ctx.settings, made, now=ctx.clock())
    await ctx.write(mailings.note_told, mailing_id=job.mailing_id, last_id=found.last_id)


async def _send_desk(ctx: Context, job: SendMailing) -> None:
    async with ctx.read() as session:
        found = await mailings.desk_letter(session, mailing_id=job.mailing_id, now=ctx.clock())
        place = (await site.site(session, name=ctx.settings.name)).title
    if found is None:
        return
    with speaking(locale_for(found.head.locale)):
        items = []
        if count := found.reports:
            told = counted("%(num)s report waits", "%(num)s reports wait", count)
            items.append(Item(said(told), "/moderation/reports"))
        if count := found.members:
            told = counted(
                "%(num)s person waits to be let in", "%(num)s people wait to be let in", count
            )
            items.append(Item(said(told), "/moderation/waiting"))
        sheet = Sheet(
            subject=said(words("What waits for the moderators of %(place)s", place=place)),
            intro=said("You look after this place. Somebody may look when it fits."),
            items=tuple(items),
            after=(),
            foot=(said("You chose to be told once a day, only when something waits."),),
            stop=said("No more of these letters"),
        )
        made = letter(ctx, sheet, to=found.head.to, stop=STOP + found.head.key, cause=job.cause)
    await postman.post(ctx.settings, made, now=ctx.clock())


def sheet_of(
    notices: Sequence[NotificationView], *, every: Every, more: bool, place: str
) -> Sheet:
    """Return what a letter says of these notifications, the newest first."""
    alone = [one for one in notices if one.kind not in _FOLDED]
    items = [_item(one) for one in alone]
    if line := _folded_line(notices):
        items.append(Item(line, "/notifications"))
    rest = "There is more on the page of notifications." if more else "All notifications"
    return Sheet(
        subject=said(words("What came for you at %(place)s", place=place)),
        intro=said(words("This came since the last letter, and you have not looked yet.")),
        items=tuple(items),
        after=(Item(said(rest), "/notifications"),),
        foot=(
            said("You chose one such letter a day.")
            if every is Every.DAILY
            else said("You chose one such letter a week."),
        ),
        stop=said("No more of these letters"),
    )


def _item(notice: NotificationView) -> Item:
    post = notice.post
    shown = (post.boost_of or post) if post is not None else None
    if shown is not None and shown.visibility is Visibility.DIRECT:
        name = notice.account.name
        return Item(said(words("A direct message from %(name)s", name=name)), "/letters")
    href = path_of(shown) if shown is not None else "/notifications"
    return Item(said(notice_sentence(notice)), href, _quote(shown) if shown else "")


def _quote(post: PostView) -> str:
    """Return the beginning of what everybody may read; of anything else nothing."""
    if post.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED} or post.local_only:
        return ""
    return short_text(post.content_note or plain_text(post.content), QUOTED)


def _folded_line(notices: Sequence[NotificationView]) -> str:
    """Return the one line about recommendations, what was passed on, and who follows (H10)."""
    number = {kind: sum(one.kind == kind for one in notices) for kind in _FOLDED}
    parts: list[Words] = []
    if count := number["favourite"]:
        parts.append(counted("%(num)s recommendation", "%(num)s recommendations", count))
    if count := number["reblog"]:
        parts.append(counted("passed on once", "passed on %(num)s times", count))
    if count := number["follow"]:
        parts.append(
            counted("%(num)s person follows you now", "%(num)s people follow you now", count)
        )
    return " · ".join(said(part) for part in parts)
