"""What operators do in many tests of the command line."""

from click.testing import Result

PASSWORD = "seven quiet maple windows"


def last_line(result: Result) -> str:
    return result.stdout.strip().splitlines()[-1]


def member(run, name="maya", *flags: str) -> None:
    run("account", "create", name, "--password-stdin", *flags, stdin=PASSWORD + "\n")
