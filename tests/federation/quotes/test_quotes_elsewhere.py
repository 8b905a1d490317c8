"""Quotes of others by others: shown with a stamp of whoever is quoted (FEP-044f)."""

from federation.quoting import recheck_quotes
from fedi_k12.domain.consent_jobs import RecheckQuotes
from fedi_k12.worker import run_until_idle
from tests.quoting import mention, stamp_document


async def test_a_quote_elsewhere_is_shown_with_a_stamp_that_fits(
    remote, make_server, ren, send, see, maya, theirs
):
    """Row 1.11 "Read quotes"."""
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{ren.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    remote.show(stamp_document(stamp, ren, note["id"], theirs))

    await send(sam, sam.create(note))

    view = await see(note["id"])
    assert (view.quote.state, view.quote.post.uri) == ("accepted", theirs)


async def test_fed_111_a_stamp_of_another_server_is_not_even_asked_for(
    remote, make_server, ren, send, see, maya, theirs
):
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{sam.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    other.show(stamp_document(stamp, ren, note["id"], theirs))

    await send(sam, sam.create(note))

    assert (await see(note["id"])).quote.post is None
    assert "/users/sam/stamps/7" not in other.asked


async def test_a_quote_of_oneself_needs_no_stamp_but_only_of_oneself(
    remote, ren, send, see, maya, theirs
):
    """FED-111: an account of the same server is not the same account."""
    own = ren.note("own", quote=theirs, tag=mention(maya))
    sam = remote.actor("sam")
    another = sam.note("another", quote=theirs, tag=mention(maya))

    await send(ren, ren.create(own, "own"))
    await send(sam, sam.create(another))

    assert (await see(own["id"])).quote.state == "accepted"
    assert (await see(another["id"])).quote.post is None


async def test_stamps_are_looked_at_again_after_a_week(
    ctx, clock, remote, make_server, ren, send, see, maya, theirs
):
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{ren.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    remote.show(stamp_document(stamp, ren, note["id"], theirs))
    await send(sam, sam.create(note))
    del remote.documents["/users/ren/stamps/7"]

    assert (await see(note["id"])).quote.state == "accepted"
    clock.advance(days=8)
    await _recheck(ctx)

    assert (await see(note["id"])).quote.state == "revoked"


async def test_an_update_without_the_stamp_ends_the_quote(
    remote, make_server, ren, send, see, maya, theirs
):
    other = await make_server("other.example")
    sam = other.actor("sam")
    stamp = f"{ren.uri}/stamps/7"
    note = sam.note("q", quote=theirs, quoteAuthorization=stamp, tag=mention(maya))
    remote.show(stamp_document(stamp, ren, note["id"], theirs))
    await send(sam, sam.create(note))
    del note["quoteAuthorization"]

    await send(sam, sam.activity("Update", note))

    assert (await see(note["id"])).quote.state == "revoked"


async def test_fed_64_a_quote_in_a_quote_is_not_fetched(remote, make_server, send, see, maya):
    other = await make_server("other.example")
    sam = other.actor("sam")
    deep = sam.note("deep")
    inner = sam.note("inner", quote=deep["id"])
    outer = sam.note("outer", quote=inner["id"], tag=mention(maya))
    for note in (deep, inner):
        other.show(note)

    await send(sam, sam.create(outer))

    view = await see(outer["id"], maya)
    assert view.quote.post.uri == inner["id"]
    assert view.quote.post.quote.post is None
    assert "/users/sam/posts/deep" not in other.asked


async def test_what_is_quoted_and_deleted_is_gone_from_the_quote(
    ren, send, write, see, maya, theirs, remote
):
    own = ren.note("own", quote=theirs, tag=mention(maya))
    await send(ren, ren.create(own, "own"))

    await send(ren, ren.activity("Delete", theirs))

    view = await see(own["id"])
    assert (view.quote.state, view.quote.post) == ("deleted", None)


async def _recheck(ctx):
    await recheck_quotes(ctx, RecheckQuotes())
    await run_until_idle(ctx)
