"""What goes by e-mail to whoever asked that something be taken down (R-33)."""

from fedi_k12 import postman
from fedi_k12.context import Context
from fedi_k12.domain.mail_jobs import SendTakeDownNews
from fedi_k12.domain.take_downs import TakeDown
from fedi_k12.domain.words import counted, marked, words
from fedi_k12.postman import Letter
from fedi_k12.services import site, take_downs
from webui.locales import locale_for
from webui.words import said, speaking


async def send_take_down_news(ctx: Context, job: SendTakeDownNews) -> None:
    """Job: say how it stands; raises `FetchError` to try again later."""
    async with ctx.read() as session:
        to, locale, found = await take_downs.news(
            session, number=job.take_down_id, now=ctx.clock()
        )
        place = (await site.site(session, name=ctx.settings.name)).title
    if not to:
        return
    with speaking(locale_for(locale)):
        subject = said(words("What you asked %(place)s to take down", place=place))
        paragraphs = (
            *_how_it_stands(found),
            said("How it stands, at any time:"),
            f"{ctx.settings.base_url}/take-down/{found.id}?key={found.key}",
        )
    sent = Letter(to, subject, "\n\n".join(paragraphs) + "\n", job.cause)
    await postman.post(ctx.settings, sent, now=ctx.clock())
    await ctx.write(take_downs.note_told, number=job.take_down_id)


def _how_it_stands(found: TakeDown) -> tuple[str, ...]:
    """Return the paragraphs of a letter, in the language that is spoken now."""
    about = said(words("It is about: %(address)s", address=found.place))
    answer = (said("They say about it:") + "\n\n" + found.answer,) if found.answer else ()
    if found.state == "kept":
        return about, said("A person looked at it, and it stays where it is."), *answer
    if found.state == "open":
        return about, said(
            "It is hidden here since a person looked at it. They now decide what becomes of it."
        )
    if not found.told:
        return about, said("It is taken down here."), *answer, said(CANNOT)
    servers = said(
        counted(
            "It is taken down here. %(num)d other server was asked to delete it, too; "
            "%(confirmed)s confirmed it so far.",
            "It is taken down here. %(num)d other servers were asked to delete it, too; "
            "%(confirmed)s confirmed it so far.",
            found.asked,
            confirmed=found.confirmed,
        )
    )
    return about, servers, *answer, said(CANNOT)


CANNOT = marked(
    "What cannot be called back: copies at servers that did not confirm, and what somebody "
    "saved, printed or photographed."
)
