"""What goes to families by e-mail: the question whether they want it, and the daily letter."""

from datetime import date

from fedi_k12 import postman
from fedi_k12.context import Context
from fedi_k12.domain.mail_jobs import SendFamilyConfirmation, SendFamilyLetter
from fedi_k12.domain.posts import PostView, Visibility
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import short_text
from fedi_k12.domain.words import words
from fedi_k12.postman import Letter
from fedi_k12.services import families, site
from fedi_k12.services.families import FamilyLetter
from webui.letter_paper import Item, Sheet, letter
from webui.locales import locale_for
from webui.pages import path_of, profile_of
from webui.words import said, speaking

SHOWN = 1500
"""Characters of a post that stand in a letter; the rest is behind its link."""
STOP = "/mail/families/stop/"


async def send_family_confirmation(ctx: Context, job: SendFamilyConfirmation) -> None:
    """Job: ask an address for its yes; raises `FetchError` to try again later."""
    found = await ctx.write(families.issue, mail_id=job.mail_id, now=ctx.clock())
    if found is None:
        return
    async with ctx.read() as session:
        place = (await site.site(session, name=ctx.settings.name)).title
    with speaking(locale_for(found.locale)):
        subject = said(words("%(name)s by e-mail?", name=found.name))
        paragraphs = (
            said(
                words(
                    "Somebody, most likely you, asked for what %(name)s at %(place)s says to "
                    "everybody: one letter in the morning, and none where nothing was said. "
                    "Open this page to say yes:",
                    name=found.name,
                    place=place,
                )
            ),
            f"{ctx.settings.base_url}/mail/families/yes/{found.token}",
            said("The link works for two days, and once."),
            said(
                "You do not want it? Then there is nothing to do. Without your yes the address "
                "is forgotten after two days."
            ),
        )
    asked = Letter(found.to, subject, "\n\n".join(paragraphs) + "\n", job.cause)
    await postman.post(ctx.settings, asked, now=ctx.clock())


async def send_family_letter(ctx: Context, job: SendFamilyLetter) -> None:
    """Job: send what an official account said; raises `FetchError` to try again later."""
    first, last = date.fromisoformat(job.first), date.fromisoformat(job.last)
    async with ctx.read() as session:
        found = await families.letter(session, mail_id=job.mail_id, first=first, last=last)
    if found is None:
        return
    with speaking(locale_for(found.locale)):
        made = letter(ctx, sheet_of(found), to=found.to, stop=STOP + found.key, cause=job.cause)
    await postman.post(ctx.settings, made, now=ctx.clock())
    await ctx.write(families.note_delivered, mail_id=job.mail_id, now=ctx.clock())


def sheet_of(found: FamilyLetter) -> Sheet:
    """Return what a letter to a family says, in the language that is spoken now."""
    name = found.account.name
    return Sheet(
        subject=said(words("From %(name)s", name=name)),
        intro=said(words("%(name)s said this to everybody:", name=name)),
        items=tuple(_item(post) for post in found.posts),
        after=(Item(said(words("All from %(name)s", name=name)), profile_of(found.account)),),
        foot=(
            said(
                "You asked for these letters. We keep your address and your language for them, "
                "nothing else, and show them to nobody."
            ),
        ),
        stop=said("No more of these letters"),
    )


def _item(post: PostView) -> Item:
    """Return a post as it stands in a letter; pictures by their descriptions (R-21)."""
    title = post.title or said("Read it on the page")
    if post.visibility is not Visibility.PUBLIC:
        # Who has no account cannot open it: the letter is all there is to read.
        title = post.title or said("From the class")
    if post.content_note:
        return Item(title, path_of(post), post.content_note)
    lines = [short_text(plain_text(post.content), SHOWN)]
    lines += [
        said(words("Picture: %(words)s", words=media.alt)) for media in post.media if media.alt
    ]
    return Item(title, path_of(post), "\n".join(line for line in lines if line))
