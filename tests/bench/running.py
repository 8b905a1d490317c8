"""The server under test: a process with a store of its own, and what it uses of the machine."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import trustme

from tests.bench.load import Place
from tests.live import ROOT, free_port

DOMAIN = "bench.localhost"
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """`fedi-k12 serve` on a copy of a store, or on what is in `folder/data` already."""

    def __init__(self, folder: Path, store: Path | None, *, tls: bool = False) -> None:
        self.folder = folder
        self.began = self.started_after = 0.0
        self.port = free_port("127.0.0.1")
        (folder / "data").mkdir(parents=True, exist_ok=True)
        if store is not None:
            shutil.copytree(store, folder / "data", dirs_exist_ok=True)
        self.place = Place("127.0.0.1", self.port, DOMAIN, tls=tls)
        self.environment = {
            **{name: value for name, value in os.environ.items() if "FEDI_K12" not in name},
            **environment(folder / "data"),
            "FEDI_K12_LISTEN": f"127.0.0.1:{self.port}",
            "PYTHONPATH": str(ROOT),
        }
        if tls:
            certificate = trustme.CA().issue_cert(DOMAIN)
            chain, key = folder / "chain.pem", folder / "key.pem"
            certificate.cert_chain_pems[0].write_to_path(str(chain))
            certificate.private_key_pem.write_to_path(str(key))
            self.environment |= {"FEDI_K12_TLS_CERT": str(chain), "FEDI_K12_TLS_KEY": str(key)}

    def __enter__(self) -> "Server":
        self.began = time.perf_counter()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fedi_k12", "serve"],
                env=self.environment, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def check(self) -> None:
        """Raise with what the server said, where it has ended."""
        if self._process.poll() is not None:
            raise AssertionError(f"The server ended: {self.log()}")

    def log(self) -> str:
        """Return the end of what the server wrote."""
        return (self.folder / "server.log").read_text()[-3000:]

    def cpu(self) -> float:
        """Return the seconds that the server has worked so far, on all cores together."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def work(self) -> float:
        """Return the same to the microsecond, of the threads that there are now."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((one / "schedstat").read_text().split()[0]) for one in tasks) / 1e9

    def memory(self, which: str = "VmHWM") -> float:
        """Return megabytes: the most there were (`VmHWM`), or what there is (`VmRSS`)."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(f"{which}:"):
                return int(line.split()[1]) / 1024
        return 0.0


def environment(data: Path) -> dict[str, str]:
    """Return the settings of a server under test: those of a server at work, but for limits."""
    return {
        "FEDI_K12_DOMAIN": DOMAIN,
        "FEDI_K12_SCHEME": "http",
        "FEDI_K12_DATA_DIR": str(data),
        "FEDI_K12_RATE_LIMITS": "off",
        "FEDI_K12_HOLD_SECONDS": "0",
        "FEDI_K12_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
