"""What letters by e-mail say: plain text, in the language of whoever reads it."""

from fedi_k12 import postman
from fedi_k12.context import Context
from fedi_k12.domain.mail_jobs import (
    SendAddressChange,
    SendConfirmation,
    SendDecision,
    SendPasswordLetter,
)
from fedi_k12.domain.words import marked, words
from fedi_k12.postman import Letter
from fedi_k12.services import confirmation, recovery, site
from webui.locales import locale_for
from webui.words import said, speaking

_OTHER = marked("Sign in to read what it is.")
_DECISIONS = {
    "none": marked("It is a word to you, and nothing else changes."),
    "sensitive": marked("Your pictures are shown only to those who ask for them."),
    "silence": marked("From now on only those who follow you come across what you write."),
    "disable": marked("You cannot sign in for now. What you wrote stays."),
    "suspend": marked("The account is suspended: nobody sees it, and you cannot sign in."),
}


async def send_password_letter(ctx: Context, job: SendPasswordLetter) -> None:
    """Job: send a link to choose another password; raises `FetchError` to try again later."""
    found = await ctx.write(recovery.issue, member_id=job.member_id, now=ctx.clock())
    if found is None:
        return
    handle, place = _handle(ctx, found.username), await _place(ctx)
    with speaking(locale_for(found.locale)):
        subject = said(words("A new password for %(handle)s", handle=handle))
        paragraphs = (
            said(
                words(
                    "Somebody, most likely you, asked for a new password for %(handle)s at "
                    "%(place)s. Open this page to choose one:",
                    handle=handle,
                    place=place,
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
    await _post(ctx, found.to, subject, paragraphs, job.cause)


async def send_confirmation(ctx: Context, job: SendConfirmation) -> None:
    """Job: send a link that confirms an address; raises `FetchError` to try again later."""
    found = await ctx.write(confirmation.issue, member_id=job.member_id, now=ctx.clock())
    if found is None:
        return
    handle, place = _handle(ctx, found.username), await _place(ctx)
    with speaking(locale_for(found.locale)):
        subject = said(words("Is this the address of %(handle)s?", handle=handle))
        paragraphs = (
            said(
                words(
                    "Somebody, most likely you, gave this address for %(handle)s at %(place)s. "
                    "Open this page to confirm it:",
                    handle=handle,
                    place=place,
                )
            ),
            f"{ctx.settings.base_url}/auth/confirm/{found.token}",
            said("The link works for two days, and once."),
            said(
                "It was not you? Then there is nothing to do, and nobody writes to you again."
            ),
        )
    await _post(ctx, found.to, subject, paragraphs, job.cause)


async def send_address_change(ctx: Context, job: SendAddressChange) -> None:
    """Job: tell an address that another is to take its place; tried again as the others."""
    async with ctx.read() as session:
        found = await confirmation.whose(session, member_id=job.member_id)
    if found is None:
        return
    handle, place = _handle(ctx, found[0]), await _place(ctx)
    with speaking(locale_for(found[1])):
        subject = said(words("Another address for %(handle)s", handle=handle))
        paragraphs = (
            said(
                words(
                    "Somebody, most likely you, asked %(place)s to write to another address "
                    "for %(handle)s. This one stays until the link that went there is opened.",
                    handle=handle,
                    place=place,
                )
            ),
            said(
                "It was not you? Then somebody knows your password. Choose another one here at "
                "once, and everybody else is signed out:"
            ),
            f"{ctx.settings.base_url}/settings/security",
        )
    await _post(ctx, job.to, subject, paragraphs, job.cause)


async def send_decision(ctx: Context, job: SendDecision) -> None:
    """Job: tell a member what was decided about the account, and the moderators' words."""
    async with ctx.read() as session:
        found = await confirmation.reached(session, account_id=job.account_id)
        about = await site.site(
            session, name=ctx.settings.name, contact_email=ctx.settings.contact_email
        )
    if found is None:
        return
    handle, told = _handle(ctx, found.username), _DECISIONS.get(job.action, _OTHER)
    with speaking(locale_for(found.locale)):
        subject = said(words("What was decided about %(handle)s", handle=handle))
        paragraphs = [
            said(
                words(
                    "The moderators of %(place)s decided something about your account "
                    "%(handle)s.",
                    place=about.title,
                    handle=handle,
                )
            ),
            said(told),
            said("What they say about it:") + "\n\n" + job.text
            if job.text
            else said("They wrote nothing besides."),
        ]
        if about.contact_email:
            paragraphs.append(
                said(
                    words(
                        "You see it differently? Write to %(address)s. A person reads it.",
                        address=about.contact_email,
                    )
                )
            )
    await _post(ctx, found.to, subject, tuple(paragraphs), job.cause)


def _handle(ctx: Context, username: str) -> str:
    return f"@{username}@{ctx.settings.handle_domain}"


async def _place(ctx: Context) -> str:
    async with ctx.read() as session:
        return (await site.site(session, name=ctx.settings.name)).title


async def _post(
    ctx: Context, to: str, subject: str, paragraphs: tuple[str, ...], cause: str
) -> None:
    letter = Letter(to, subject, "\n\n".join(paragraphs) + "\n", cause)
    await postman.post(ctx.settings, letter, now=ctx.clock())
