"""Servers and commands as processes of their own that need not load the program each time.

To load it takes a command longer than what it does, and tests start hundreds. One process loads
it and forks for each: what the child does is what `python -m` would do, with an environment, a
folder and signals of its own. `tests/cli/test_processes.py` starts them in the ordinary way.
"""

import array
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
LOADED = (
    "uvloop", "fedi_k12.cli.commands", "fedi_k12.app", "fedi_k12.worker", "fedi_k12.observe",
    "storage.migrate", "storage.inline", "alembic.command", "aiohttp.web",
)  # fmt: skip
_MOST = 1 << 20


class Process:
    """A process that was forked: the part of `subprocess.Popen` that tests use."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.returncode: int | None = None
        self.pid = int(self._line())

    def poll(self) -> int | None:
        """Return how it ended, or None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._ended()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended; raises TimeoutExpired if it runs for so many seconds more."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0)
            self._ended()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.send_signal(signal.SIGKILL)

    def _ended(self) -> None:
        self.returncode = int(self._line())
        self._told.close()

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            came = self._told.recv(1)
            if not came:
                raise AssertionError("Whatever forks the processes of tests has ended.")
            line += came
        return line


def start(
    module: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
) -> Process | subprocess.Popen[bytes]:
    """Run a module as `python -m` does; what is not given as a file leads nowhere."""
    if module != "fedi_k12" or environment.get("PYTHONPATH") != str(ROOT):
        # Something is to come before anything else: that is not for one who has begun.
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr,
        )  # fmt: skip
    wish = json.dumps([module, list(arguments), dict(environment), str(cwd)]).encode()
    with open(os.devnull, "r+b") as nowhere:  # noqa: PTH123 - one that is read and written
        files = [(file or nowhere).fileno() for file in (stdin, stdout, stderr)]
        mine, theirs = socket.socketpair()
        with theirs:
            _nursery().sendmsg(
                [len(wish).to_bytes(4, "big") + wish],
                [
                    (
                        socket.SOL_SOCKET,
                        socket.SCM_RIGHTS,
                        array.array("i", [*files, theirs.fileno()]),
                    )
                ],
            )
    return Process(mine)


def run(
    module: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path,
    given: str = "",
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run a module to its end; return what it wrote."""
    with (
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
    ):
        stdin.write(given.encode())
        stdin.seek(0)
        process = start(
            module, arguments, environment=environment, cwd=cwd,
            stdin=stdin, stdout=stdout, stderr=stderr,
        )  # fmt: skip
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(
            [module, *arguments], code, stdout.read().decode(), stderr.read().decode()
        )


@cache
def _nursery() -> socket.socket:
    """Return the line to the process that forks; it ends when this one does."""
    mine, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", str(theirs.fileno())],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
        )

    def close() -> None:
        mine.close()
        process.wait()

    atexit.register(close)
    return mine


def main(line: socket.socket) -> None:
    """Fork for whatever is asked for over the line, until nobody holds its other end."""
    import gc
    from importlib import import_module

    for name in LOADED:
        import_module(name)
    gc.collect()
    gc.freeze()
    # Whoever watches over a child is not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        head, ancillary, _, _ = line.recvmsg(4, socket.CMSG_SPACE(4 * 4))
        if not head:
            return
        files = array.array("i")
        files.frombytes(ancillary[0][2])
        wish = b""
        size = int.from_bytes(head, "big")
        while len(wish) < size:
            wish += line.recv(min(_MOST, size - len(wish)))
        if os.fork() == 0:
            line.close()
            _watch(json.loads(wish), list(files))
        for file in files:
            os.close(file)


def _watch(wish: tuple[str, list[str], dict[str, str], str], files: list[int]) -> None:
    """Fork once more, tell the number of the child, and, when it has ended, how."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    *standard, told = files
    if child == 0:
        os.close(told)
        _be(wish, standard)
    for file in standard:
        os.close(file)
    os.write(told, b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _be(wish: tuple[str, list[str], dict[str, str], str], standard: list[int]) -> None:
    """Be what `python -m` would be."""
    import runpy

    module, arguments, environment, cwd = wish
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = [module, *arguments]
    code = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as Python itself does at last
        import traceback

        traceback.print_exc()
        code = 1
    # As at the end of any Python: what threads began is waited for, what was written is sent.
    import threading

    threading._shutdown()  # type: ignore[attr-defined]  # nothing public does it
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
