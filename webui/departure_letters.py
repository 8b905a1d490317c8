"""Letters to a member who leaves the district: what goes with them, and until when."""

from fedi_k12 import postman
from fedi_k12.context import Context
from fedi_k12.domain.departures import Departure
from fedi_k12.domain.mail_jobs import SendDeparture
from fedi_k12.domain.words import Words, words
from fedi_k12.postman import Letter
from fedi_k12.services import departures, site
from webui.locales import locale_for
from webui.times import day_words
from webui.words import said, speaking


async def send_departure(ctx: Context, job: SendDeparture) -> None:
    """Job: tell a member how it stands with their leaving; tried again as other letters."""
    async with ctx.read() as session:
        found = await departures.letter(session, member_id=job.member_id)
        place = (await site.site(session, name=ctx.settings.name)).title
    # What was taken back meanwhile is told by another letter.
    if found is None or (found.departure is None) is not (job.what == "stays"):
        return
    handle = f"@{found.to.username}@{ctx.settings.handle_domain}"
    with speaking(locale_for(found.to.locale)):
        if found.departure is None:
            subject = words("%(handle)s stays", handle=handle)
            told = [
                said(
                    words(
                        "%(place)s no longer says that you leave. Your account stays as it is.",
                        place=place,
                    )
                )
            ]
        else:
            last = day_words(found.departure.last_day)
            closes = day_words(found.departure.closes_on)
            subject = _subject(handle, left=found.departure.left)
            told = _told(found.departure, place, last, closes)
            told.append(f"{ctx.settings.base_url}/settings/departure")
        text = "\n\n".join(told) + "\n"
        letter = Letter(found.to.to, said(subject), text, job.cause)
    await postman.post(ctx.settings, letter, now=ctx.clock())


def _subject(handle: str, *, left: bool) -> Words:
    if left:
        return words("%(handle)s: there is still time to take it along", handle=handle)
    return words("%(handle)s leaves with you", handle=handle)


def _told(one: Departure, place: str, last: str, closes: str) -> list[str]:
    first = (
        words("Your last day with %(place)s was %(day)s.", place=place, day=last)
        if one.left
        else words(
            "%(place)s says that your last day is %(day)s. Your account is yours and leaves "
            "with you.",
            place=place,
            day=last,
        )
    )
    return [
        said(first),
        said(
            words(
                "Until %(day)s you can sign in, move your followers to another server and take "
                "your lists along as files. Then the account here is closed, with what you "
                "wrote in your own name.",
                day=closes,
            )
        ),
        said(
            "What stays is only the record of what you said for official accounts. It stopped "
            "being yours when you said it for the school."
        ),
        said("Something is wrong? Ask whoever runs this server; they can take it back."),
    ]
