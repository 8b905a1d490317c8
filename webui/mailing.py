"""What letters by e-mail say: plain text, in the language of whoever reads it."""

from fedi_k12 import postman
from fedi_k12.context import Context
from fedi_k12.domain.mail_jobs import SendPasswordLetter
from fedi_k12.domain.words import words
from fedi_k12.postman import Letter
from fedi_k12.services import recovery, site
from webui.locales import locale_for
from webui.words import said, speaking


async def send_password_letter(ctx: Context, job: SendPasswordLetter) -> None:
    """Job: send a link to choose another password; raises `FetchError` to try again later."""
    found = await ctx.write(recovery.issue, member_id=job.member_id, now=ctx.clock())
    if found is None:
        return
    async with ctx.read() as session:
        about = await site.site(session, name=ctx.settings.name)
    handle = f"@{found.username}@{ctx.settings.handle_domain}"
    with speaking(locale_for(found.locale)):
        subject = said(words("A new password for %(handle)s", handle=handle))
        paragraphs = (
            said(
                words(
                    "Somebody, most likely you, asked for a new password for %(handle)s at "
                    "%(place)s. Open this page to choose one:",
                    handle=handle,
                    place=about.title,
                )
            ),
            f"{ctx.settings.base_url}/auth/password/{found.token}",
            said(
                "The link works for one hour, and once. You are signed out everywhere then, in "
                "browsers and apps."
            ),
            said(
                "It was not you? Then there is nothing to do: your password stays as it is. "
                "Show the link to nobody, not even to those who run this server."
            ),
        )
    letter = Letter(found.to, subject, "\n\n".join(paragraphs) + "\n", job.cause)
    await postman.post(ctx.settings, letter, now=ctx.clock())
