"""The command line: what an operator does without the pages.

Exit codes: 0 done, 1 it could not be done for a reason that is told, 2 used wrongly.
"""

from fedi_k12.cli.command import command
from fedi_k12.cli.demo import demo
from fedi_k12.cli.hosts import domain
from fedi_k12.cli.look import inspect, settings, stats
from fedi_k12.cli.people import account, invite, token
from fedi_k12.cli.serve import serve, worker

for part in (serve, worker, account, token, invite, domain, inspect, settings, stats, demo):
    command.add_command(part)


def main() -> None:
    """Run the command that the arguments name."""
    command(prog_name="fedi-k12")
