"""Digests stay where they are and can be taken along: addresses, and a year as an archive."""

from io import BytesIO

from sqlalchemy import update
from warcio.archiveiterator import ArchiveIterator

from fedi_k12.services import media, officials, posts, site
from fedi_k12.services.pictures import Encoded, Prepared
from fedi_k12.services.site import SiteChanges
from fedi_k12.web.auth import SESSION_COOKIE
from storage.tables import AccountRow

SMALL = Encoded(b"small", "png", 2, 1)
PICTURE = Prepared("image", Encoded(b"full", "png", 4, 3), SMALL, "LEHV6n")


async def test_an_address_of_a_digest_holds_wherever_its_teller_and_server_go(
    ctx, do, client, place, ada, publish, morning, approved, lincoln, account_keys, make_remote
):
    """S-44: under the server's former name, after another account tells, after a move."""
    await publish(ada, "Our robot walks")
    day = await morning()
    await approved(day)
    path = f"/digest/{day:%Y/%m/%d}"
    asked = {"Accept": "application/activity+json"}
    found = await (await client.get("/users/lincoln/collections/digests", headers=asked)).json()
    (uri,) = found["orderedItems"]
    article = uri.removeprefix("https://home.example")

    async def holds():
        assert "Our robot walks" in await (await client.get(path)).text()
        assert (await client.get(f"/digest/{day:%Y}")).status == 200
        for where, kind in ((article, "Article"), (lincoln.uri, "Organization")):
            there = where.removeprefix("https://home.example")
            assert (await (await client.get(there, headers=asked)).json())["type"] == kind
        again = await client.get("/users/lincoln/collections/digests", headers=asked)
        assert (await again.json())["orderedItems"] == [uri]

    await holds()
    former = {"Host": "schools.old.example"}
    led = await client.get(f"{path}?a=b", headers=former, allow_redirects=False)
    assert (led.status, led.headers["Location"]) == (308, f"https://home.example{path}?a=b")
    given = {"username": "district", "display_name": "District", "keys": account_keys}
    await do(officials.make, actor=None, **given)
    await do(site.save_site, actor=None, changes=SiteChanges(digest_account="district"))
    await holds()
    ren = await make_remote("ren")
    moved = {"moved_to_id": ren.id, "moved_to_uri": ren.uri, "moved_at": ctx.clock()}

    async def move(session):
        gone = update(AccountRow).where(AccountRow.id == lincoln.id).values(**moved)
        await session.execute(gone)

    await ctx.write(move)
    await holds()


async def test_a_year_is_taken_along_as_a_web_archive(
    ctx, client, do, place, ada, publish, morning, approved, seated, maya
):
    """S-44: its pages and pictures, without what was taken back and without who looks."""
    alt = "Two children plant beans in a wooden bed."
    small = await ctx.blobs.put(b"small", ending="png")
    made = await do(
        media.store,
        prepared=PICTURE,
        actor=ada.actor,
        file="a/a.png",
        preview_file=small,
        alt=alt,
    )
    await publish(ada, "Our robot walks", media_ids=(made.id,))
    gone = await publish(ada, "Taken back later")
    day = await morning()
    await approved(day)
    await do(posts.delete, actor=ada.actor, post_id=gone.id)
    path = f"/digest/{day:%Y}.warc.gz"
    assert (await client.get(path, allow_redirects=False)).status == 303

    browser = await seated(maya)
    cookie = f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"
    answer = await client.get(path, headers={"Cookie": cookie})

    assert answer.headers["Content-Type"] == "application/warc"
    kept = {
        one.rec_headers.get_header("WARC-Target-URI"): one.content_stream().read()
        for one in ArchiveIterator(BytesIO(await answer.read()))
        if one.rec_type == "resource"
    }
    base = "https://home.example"
    pages = [f"{base}/digest/{day:%Y}", f"{base}/digest/{day:%Y/%m/%d}"]
    assert list(kept) == [*pages, f"{base}/media/files/{small}"]
    assert kept[f"{base}/media/files/{small}"] == b"small"
    for one in pages:
        text = kept[one].decode()
        assert "Our robot walks" in text
        assert alt in text
        assert "Taken back later" not in text
        assert "Maya" not in text
    assert (await browser.get("/digest/1999.warc.gz")).status == 404
