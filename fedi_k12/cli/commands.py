"""Every command of the command line."""

from fedi_k12.cli.announcements import announcement
from fedi_k12.cli.archive import export
from fedi_k12.cli.archives import archive
from fedi_k12.cli.backups import backup, restore
from fedi_k12.cli.charters import charter
from fedi_k12.cli.command import main
from fedi_k12.cli.db import db
from fedi_k12.cli.demo import demo
from fedi_k12.cli.departures import departs, stays
from fedi_k12.cli.doctor import doctor
from fedi_k12.cli.emojis import emoji
from fedi_k12.cli.groups import group
from fedi_k12.cli.hosts import domain
from fedi_k12.cli.look import inspect, settings, stats
from fedi_k12.cli.media import media
from fedi_k12.cli.offices import office
from fedi_k12.cli.officials import delegate
from fedi_k12.cli.people import account, invite, token
from fedi_k12.cli.records import records
from fedi_k12.cli.records_keeping import hold, schedule
from fedi_k12.cli.relays import relay
from fedi_k12.cli.serve import serve, worker
from fedi_k12.cli.tags import tag

_PARTS = (
    serve, worker, account, delegate, charter, archive, group, tag, token, invite, domain,
    relay, emoji, announcement, media, export, backup, restore, db, records, inspect, settings,
    stats, doctor, demo,
)  # fmt: skip
for part in _PARTS:
    main.add_command(part)
account.add_command(office)
records.add_command(schedule)
records.add_command(hold)
account.add_command(departs)
account.add_command(stays)

__all__ = ["main"]
