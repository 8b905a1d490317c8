"""A page of another origin uses the API in a real browser, over TLS, as web apps do.

Only a browser knows whether cross-origin rules, preflights and the echo of the WebSocket's
subprotocol are right: everything else is content without them.
"""

import shutil
import ssl
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from playwright.async_api import async_playwright, expect

from tests.chromium import ARGUMENTS, CHROMIUM
from tests.live import PASSWORD, Live, free_port

pytestmark = pytest.mark.timeout(180)
HERE = Path(__file__).parent / "masto"
VERSION = "masto@8.0.0"


class Quiet(SimpleHTTPRequestHandler):
    """Serves the app's files, modules with the type that browsers insist on."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_words):
        pass


@pytest.fixture
def authority(tmp_path):
    made = trustme.CA()
    for name in ("localhost", "127.0.0.1"):
        certificate = made.issue_cert(name)
        certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / f"{name}.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.chain"))
        certificate.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
    return tmp_path


@pytest.fixture
def server(authority):
    port = free_port("127.0.0.1")
    live = Live(
        authority / "server",
        domain=f"localhost:{port}",
        port=port,
        environment={
            "FEDI_K12_SCHEME": "https",
            "FEDI_K12_TLS_CERT": str(authority / "localhost.chain"),
            "FEDI_K12_TLS_KEY": str(authority / "localhost.key"),
        },
    )
    live.start()
    yield live
    live.stop()


@pytest.fixture
def app(authority):
    """The app's own place: its page, its module and the library."""
    folder = authority / "app"
    folder.mkdir()
    (folder / "package.json").write_text('{"type": "module"}')
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", VERSION],
        cwd=folder,
        check=True,
        timeout=150,
        capture_output=True,
    )
    for name in ("app.html", "app.mjs"):
        shutil.copy(HERE / name, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "127.0.0.1.pem")
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    served.socket = context.wrap_socket(served.socket, server_side=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{served.server_address[1]}"
    served.shutdown()
    served.server_close()
    thread.join()


async def test_an_app_of_another_origin_signs_in_reads_uploads_and_listens(server, app):
    if CHROMIUM is None:
        return
    server.member("maya")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        # The authority is made for this test, and the browser's own list is not ours to change.
        context = await browser.new_context(ignore_https_errors=True)
        page = await context.new_page()
        troubles = []
        page.on("console", lambda said: troubles.append(said.text))

        await page.goto(f"{app}/app.html?server=https://{server.domain}")
        await page.wait_for_url("**/auth/sign_in**")
        await page.get_by_label("E-mail address or short name").fill("maya")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("main").get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Let it in").click()
        await page.wait_for_url(f"{app}/app.html?code=**")

        state = page.locator("#state")
        await expect(state, str(troubles)).to_have_text("Done: true delete", timeout=60_000)
        await expect(page.locator("#home")).to_contain_text("With a picture")
        await expect(page.locator("#picture")).to_have_text("A teal square, 32 wide")
        assert not [one for one in troubles if "CORS" in one or "WebSocket" in one], troubles
        await browser.close()
