"""A live server for client programs, with two members.

Without npm on the machine masto and Fedify cannot be tried and are not collected; the head of
the run says so.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.live import PASSWORD, Live, free_port
from tests.waking import Phone

NPM = shutil.which("npm")
collect_ignore = [] if NPM else ["test_masto.py", "test_fedify.py", "test_other_origin.py"]


def pytest_report_header(config: pytest.Config) -> str:
    """Say whether the npm library is tried."""
    del config
    return f"npm: {NPM or 'none, so masto and Fedify are left out (install nodejs and npm)'}"


@dataclass
class Instance:
    server: Live
    token: str
    """Of maya, who may do everything."""
    other: str
    """Of tom."""

    @property
    def url(self) -> str:
        return f"http://{self.server.domain}"

    def browser(self, name: str = "maya") -> requests.Session:
        """Return a browser that is signed in, through the real page."""
        session = requests.Session()
        session.trust_env = False
        page = session.get(f"{self.url}/auth/sign_in")
        form = {"csrf": csrf_of(page.text), "login": name, "password": PASSWORD}
        done = session.post(f"{self.url}/auth/sign_in", data=form)
        assert done.status_code == 200, done.text
        assert done.url.endswith("/home")
        return session

    def allow(self, address: str, name: str = "maya") -> str:
        """Let an app in, as a member does in a browser; return the code."""
        session = self.browser(name)
        page = session.get(address)
        assert page.status_code == 200, page.text
        hidden = dict(
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        )
        hidden = {name: value.replace("&amp;", "&") for name, value in hidden.items()}
        answer = session.post(
            f"{self.url}/oauth/authorize",
            data={**hidden, "csrf": csrf_of(page.text), "decision": "allow"},
            allow_redirects=False,
        )
        assert answer.status_code == 303, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def taken_along(self, file: str) -> str:
        """Return a file of what maya takes along, for which no app has a call."""
        answer = self.browser().get(f"{self.url}/settings/files/{file}")
        assert answer.status_code == 200, answer.text
        return answer.text


def csrf_of(page: str) -> str:
    """Return the secret of the page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    port = free_port("127.0.0.1")
    server = Live(
        tmp_path_factory.mktemp("live"),
        domain=f"localhost:{port}",
        port=port,
        environment={"FEDI_K12_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8"},
    )
    server.start()
    try:
        yield Instance(server, server.member("maya"), server.member("tom"))
    finally:
        server.stop()


@pytest.fixture
def woken() -> Iterator[tuple[Phone, str]]:
    """An app's keys and the address of a push service for it, which counts when it is asked."""
    phone = Phone()

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            phone.got.append((dict(self.headers), body))
            self.send_response(201)
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(len(phone.got)).encode())

        def log_message(self, *_words: object) -> None:
            pass

    service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=service.serve_forever)
    thread.start()
    yield phone, f"http://127.0.0.1:{service.server_address[1]}/wake/1"
    service.shutdown()
    service.server_close()
    thread.join()
