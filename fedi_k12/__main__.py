"""`python -m fedi_k12` is `fedi-k12`."""

import sys

from fedi_k12.bare import begin_bare


def main() -> None:
    """Run the command line."""
    begin_bare(sys.argv[1:])
    from fedi_k12.cli import main as command_line

    command_line(prog_name="fedi-k12")


if __name__ == "__main__":
    main()
