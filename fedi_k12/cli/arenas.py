"""How the C library keeps memory: in how many places for threads, and for how long."""

import ctypes

ARENAS = 2
"""One of the loop's, one for all threads that work for it."""
_M_ARENA_MAX = -8
"""As in `malloc.h` of the GNU C library."""


def few_arenas() -> None:
    """Have all threads take memory out of the same few arenas.

    Else each thread gets one of its own, up to eight for each core, and what it needed for its
    largest picture or password stays there when it is done: 45 MB after ten pictures in six
    threads, which took as long. Other C libraries than GNU's do not know the option, or
    the need. To be called before there are threads.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Let the machine have what was needed for a moment: the C library keeps it by itself.

    6 MB after each page was looked at once. Takes a few milliseconds.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
