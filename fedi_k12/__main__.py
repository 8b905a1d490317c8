"""`python -m fedi_k12` is `fedi-k12`."""

from fedi_k12.cli import main

if __name__ == "__main__":
    main(prog_name="fedi-k12")
