"""What was kept of the town's official accounts: files of it, schedules, holds."""

from fedi_k12.domain.record_jobs import MakeRecordsFile
from fedi_k12.services import records_files
from fedi_k12.services.records_desk import Search
from tests.browser.town import Town


async def fill(town: Town) -> None:
    """Have Olga, an owner, look after the records."""
    await _files(town)


async def _files(town: Town) -> None:
    """Make a file of records for Olga, and have another wait."""
    olga = town.people["olga"].actor
    made = await town.do(records_files.ask, actor=olga, search=Search(word="library"))
    await records_files.make_records_file(town.ctx, MakeRecordsFile(made))
    await town.do(records_files.ask, actor=olga, search=Search(account="hillside"))
