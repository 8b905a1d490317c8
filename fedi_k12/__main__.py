"""`python -m fedi_k12` is `fedi-k12`."""

import sys

from fedi_k12.bare import begin_bare, runs_long


def main() -> None:
    """Run the command line; what runs for weeks does not read all other commands."""
    begin_bare(sys.argv[1:])
    from fedi_k12.cli.command import main as command_line

    if runs_long(sys.argv[1:]):
        from fedi_k12.cli.serve import serve, worker

        command_line.add_command(serve)
        command_line.add_command(worker)
    else:
        import fedi_k12.cli.commands  # noqa: F401 - adds them
    command_line(prog_name="fedi-k12")


if __name__ == "__main__":
    main()
