"""A store that speaks S3, for the tests: moto's server on loopback."""

import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import Request, urlopen

BUCKET = "pictures"


class BucketServer:
    """Runs the server in a process of its own, with one bucket in it."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        port = self.url.rpartition(":")[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._ask("PUT", f"/{BUCKET}")

    @property
    def environment(self) -> dict[str, str]:
        """What tells a program where the bucket is, and who asks."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
        }

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(10)

    def _ask(self, method: str, path: str) -> None:
        for _ in range(300):
            try:
                with urlopen(Request(self.url + path, method=method), timeout=5):
                    return
            except URLError:
                assert self._process.poll() is None, "the bucket's server ended"
                time.sleep(0.1)
        raise AssertionError("the bucket's server does not answer")
