"""Make one film, sound or moving picture safe, in a process of its own.

`python -m fedi_k12.services.film_work SOURCE FOLDER` writes what it makes into FOLDER and says
on its output, as JSON, what that is, or with which sentence it refuses. The process takes its
own limits before it reads the first byte; whoever started it ends it when it takes too long.
Decoders are where hostile files bite: here they hold nothing but the file itself.
"""

import os
import resource
import sys
from pathlib import Path

import av
import msgspec

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.media import HEAD_BYTES, Made, container_of
from fedi_k12.services.film_read import DAMAGED, opened
from fedi_k12.services.film_write import write_film, write_moving, write_sound

MEMORY_BYTES = 3 * 1024**3
"""Address space: decoders reserve more than they use."""
CPU_SECONDS = 900
WRITTEN_BYTES = 300 * 1024**2
OPEN_FILES = 64


def main(source: str, folder: str) -> int:
    """Make the file at `source` safe; print `{"made": …}` or `{"refused": …}`."""
    _take_limits()
    av.logging.set_level(None)
    try:
        answer: dict[str, object] = {"made": make(Path(source), Path(folder))}
    except InvalidError as error:
        answer = {"refused": str(error)}
    except DAMAGED:
        answer = {"refused": "Validation failed: File is damaged and cannot be read"}
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    return 0


def make(source: Path, folder: Path) -> Made:
    """Return what was made of a file; raises `InvalidError`, or what decoders raise."""
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    name = container_of(head)
    if name is None:
        return write_moving(source, folder)
    with opened(source, name) as film:
        if film.video is not None:
            return write_film(film, film.video, folder)
        if film.audio is not None:
            return write_sound(film, film.audio, folder)
    raise InvalidError("Validation failed: File holds no picture and no sound")


def _take_limits() -> None:
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
