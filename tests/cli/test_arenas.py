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
