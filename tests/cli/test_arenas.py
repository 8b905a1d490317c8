"""Threads share the arenas of the C library's memory."""

import subprocess
import sys

PROGRAM = """
import ctypes, sys
from threading import Barrier, Thread
from fedi_k12.cli.arenas import few_arenas

few_arenas()
libc, together = ctypes.CDLL(None), Barrier(9)
libc.fopen.restype = ctypes.c_void_p

def take():
    together.wait()
    bytearray(100_000)  # more than Python's own small blocks
    together.wait()

threads = [Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
together.wait()
for thread in threads:
    thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def test_eight_threads_have_two_arenas(tmp_path):
    told = tmp_path / "malloc.xml"

    subprocess.run([sys.executable, "-c", PROGRAM, str(told)], check=True)

    assert told.read_text().count("<heap nr=") == 2


GIVING = """
import ctypes
from pathlib import Path
from fedi_k12.cli.arenas import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
pieces = [libc.malloc(100_000) for _ in range(200)]
for piece in pieces:
    ctypes.memset(ctypes.c_void_p(piece), 1, 100_000)
# The last piece stays: what lies before it would be kept.
for piece in pieces[:-1]:
    libc.free(ctypes.c_void_p(piece))
before = resident()
give_back()
print(before - resident())
"""


def test_what_was_needed_for_a_moment_is_given_back():
    told = subprocess.run(
        [sys.executable, "-c", GIVING], capture_output=True, text=True, check=True
    )

    assert int(told.stdout) > 15_000_000
