"""Commands that run on: serve, worker and demo, as processes."""

import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.live import ROOT, Live, free_port

pytestmark = pytest.mark.timeout(120)


def live(tmp_path: Path, **environment: str) -> Live:
    port = free_port("127.0.0.1")
    return Live(
        tmp_path / "server",
        domain=f"localhost:{port}",
        port=port,
        environment=environment,
        new=True,
    )


def seconds_to_start(server: Live) -> float:
    """Return how long a processor works to start the server, and to end it again."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    server.start()
    server.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_serve_prints_the_owner_link_until_there_is_an_owner(tmp_path):
    server = live(tmp_path).start()
    try:
        for _ in range(100):
            if "/invite/" in server.log:
                break
            time.sleep(0.05)
        assert f"http://{server.domain}/invite/" in server.log
        assert urllib.request.urlopen(f"http://{server.domain}/readyz").read() == b"ready\n"
        examined = server.run("doctor")
        assert examined.returncode == 0, examined.stdout
        assert "FAIL" not in examined.stdout
        assert f"http://{server.domain} answers." in examined.stdout
    finally:
        server.stop()
    assert "Stopping" in server.log
    assert server.process is not None
    assert server.process.returncode == 0

    server.member("maya", "--role", "owner")
    (server.folder / "server.log").unlink()
    # One that does other things too may be slow once.
    assert min(seconds_to_start(server) for _try in range(2)) < 5
    assert "/invite/" not in server.log


def test_a_place_that_is_taken_is_told(tmp_path):
    server = live(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.port))
        other.listen()

        done = server.run("serve")

    assert done.returncode == 1
    assert "Cannot listen on" in done.stderr
    assert "--listen" in done.stderr


def test_a_store_of_another_name_is_not_served(tmp_path):
    server = live(tmp_path)
    server.member("maya")

    done = server.run("--set", "domain=other.example", "serve")

    assert done.returncode == 1
    assert "other.example" in done.stderr


def test_a_certificate_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "broken.pem").write_text("no certificate")
    server = live(tmp_path)

    done = server.run(
        "serve",
        "--tls-cert",
        str(tmp_path / "broken.pem"),
        "--tls-key",
        str(tmp_path / "broken.pem"),
    )

    assert done.returncode == 1
    assert "cannot be used" in done.stderr


def test_a_worker_does_jobs_until_it_is_told_to_stop(tmp_path):
    server = live(tmp_path)
    server.folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "fedi_k12", "worker"],
        env=server.environment,
        cwd=server.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert "Doing the jobs of" in process.stdout.readline()

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
    process.stdout.close()


def test_the_demo_lets_two_districts_talk_and_leaves_nothing_behind(tmp_path):
    for port in (8081, 8082):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                pytest.fail(f"port {port} is taken on this machine")
    demo = [
        sys.executable,
        "-m",
        "fedi_k12",
        "demo",
        "--data",
        str(tmp_path / "demo"),
        "--once",
    ]
    environment = live(tmp_path).environment
    for name in list(environment):
        if name.startswith("FEDI_K12"):
            del environment[name]

    def play(code: int = 0) -> str:
        done = subprocess.run(
            demo,
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout + done.stderr

    first = play()
    assert "move in" in first
    assert "http://lincoln.localhost:8081" in first
    assert "seven quiet maple windows" in first
    again = play()
    assert "move in" not in again

    (tmp_path / "demo/filled").unlink()
    half = play(code=1)
    assert "half filled" in half
    assert "Remove that folder" in half
