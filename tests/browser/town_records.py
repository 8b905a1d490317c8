"""What was kept of the town's official accounts: files of it, schedules, holds."""

import io
import json

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.record_jobs import MakeRecordsFile, TakeArchive
from fedi_k12.services import (
    archive_import,
    archives,
    boards,
    disposal,
    records_files,
    retention,
    schedules,
)
from fedi_k12.services.records_desk import Search
from storage import accounts
from tests.archives import facebook_archive, town_archive
from tests.browser.town import Town


async def fill(town: Town) -> None:
    """Have Olga, an owner, look after the records and a board."""
    await _files(town)
    await _keeping(town)
    await _archives(town)
    await town.do(
        boards.save,
        actor=town.people["olga"].actor,
        board_id=None,
        name="School Board",
        clerk="mona",
        members=["maya", "tom"],
        warns=True,
    )


async def _files(town: Town) -> None:
    """Make a file of records for Olga, and have another wait."""
    olga = town.people["olga"].actor
    made = await town.do(records_files.ask, actor=olga, search=Search(word="library"))
    await records_files.make_records_file(town.ctx, MakeRecordsFile(made))
    await town.do(records_files.ask, actor=olga, search=Search(account="hillside"))


async def _archives(town: Town) -> None:
    """Take over what the school said on X, and bring its page's copy from Facebook."""
    school_id = await town.see(_number_of, "hillside")
    now = town.ctx.clock()
    town.places["hillside"] = str(school_id)
    given = {"actor": town.people["olga"].actor, "account_id": school_id}
    posts = [{"timestamp": 1_400_000_000, "data": [{"post": "Our page is open."}]}]
    for name, data in (
        ("taken_archive", town_archive()),
        ("new_archive", facebook_archive(posts)),
    ):
        number = await archive_import.bring(
            town.ctx, io.BytesIO(data), file_name="archive.zip", **given
        )
        town.places[name] = str(number)
    taken = int(town.places["taken_archive"])
    await town.do(archives.begin, archive_id=taken, now=now, **given)
    await archive_import.take_archive(town.ctx, TakeArchive(taken))


async def _keeping(town: Town) -> None:
    """Keep the school's records by a schedule under which some are due, and hold others."""
    school_id = await town.see(_number_of, "hillside")
    olga = town.people["olga"].actor
    document = {
        "id": "town",
        "title": "The town's own schedule",
        "source": "Board policy 7",
        "checked": "2026-11-01",
        "classes": {
            "short": {"title": "What nobody needs for long", "keep": "P0D"},
            "long": {"title": "Correspondence", "keep": "P3Y"},
        },
        "rules": [{"kind": ["delegated"], "class": "short"}],
        "otherwise": "long",
    }
    folder = town.ctx.settings.data_dir / "schedules"
    folder.mkdir(exist_ok=True)
    (folder / "town.json").write_text(json.dumps(document))
    known = schedules.known(folder)
    given = {"actor": olga, "account_id": school_id, "schedules": known}
    await town.do(retention.choose, schedule="town", floor="", **given)
    await town.do(disposal.ask, record_class="short", reason="Told in the register.", **given)
    await town.do(
        retention.hold,
        actor=olga,
        search=Search(account="hillside", word="library"),
        reason="Public records request 2026-14",
    )


async def _number_of(session: AsyncSession, name: str) -> int:
    row = await accounts.local_by_username(session, name)
    assert row is not None
    return row.id
