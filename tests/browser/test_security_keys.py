"""A security key in a real browser: Chromium with a virtual one (WebAuthn)."""

import json

import pytest
from msgspec.structs import force_setattr

from fedi_k12.settings import Settings
from tests.conftest import PASSWORD

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    """Keys are good for names, not for addresses."""
    name = f"localhost:{port}"
    for field in ("domain", "handle_domain"):
        force_setattr(settings, field, name)
    return settings


async def plug_in(page) -> str:
    """Put a key into the browser; return its number there."""
    wire = await page.context.new_cdp_session(page)
    page.wire = wire
    await wire.send("WebAuthn.enable")
    made = await wire.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasResidentKey": False,
                "hasUserVerification": False,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return str(made["authenticatorId"])


async def sign_in(page, *, to: str) -> None:
    await page.goto("/auth/sign_in")
    await page.get_by_label("E-mail address or short name").fill("maya")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url(to)


async def test_a_key_is_added_used_copied_and_taken_away(look, maya):
    page, troubles = await look(name="maya", scripts=True)
    key = await plug_in(page)
    await page.goto("/settings/security/key")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_label("A name for it").fill("The blue one")
    await page.get_by_role("button", name="Read the key").click()
    await page.get_by_role("heading", name="Your recovery codes").wait_for()
    await page.goto("/settings/security")
    assert "The blue one" in await page.get_by_role("main").inner_text()
    held = await page.wire.send("WebAuthn.getCredentials", {"authenticatorId": key})
    assert len(held["credentials"]) == 1

    await page.context.clear_cookies()
    await sign_in(page, to="**/auth/second")
    await page.get_by_role("button", name="Use the key").click()
    await page.wait_for_url("**/home")

    # A copy of the key, whose count is behind: it does not count.
    stale = held["credentials"][0] | {"signCount": 0}
    await page.wire.send("WebAuthn.clearCredentials", {"authenticatorId": key})
    await page.wire.send(
        "WebAuthn.addCredential", {"authenticatorId": key, "credential": stale}
    )
    await page.context.clear_cookies()
    await sign_in(page, to="**/auth/second")
    await page.get_by_role("button", name="Use the key").click()
    await page.get_by_text("The key did not fit.").first.wait_for()

    await page.wire.send("WebAuthn.clearCredentials", {"authenticatorId": key})
    await page.wire.send(
        "WebAuthn.addCredential",
        {"authenticatorId": key, "credential": stale | {"signCount": 500}},
    )
    await page.get_by_role("button", name="Use the key").click()
    await page.wait_for_url("**/home")
    await page.goto("/settings/security")
    await page.get_by_role("link", name="Take away The blue one").click()
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Take it away").click()
    await page.wait_for_url("**/settings/security?saved")

    await page.context.clear_cookies()
    await sign_in(page, to="**/home")
    assert [text for text in troubles if "Content Security" in text] == []


async def test_an_answer_of_another_sign_in_is_refused(look, maya):
    page, _troubles = await look(name="maya", scripts=True)
    await plug_in(page)
    await page.goto("/settings/security/key")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("button", name="Read the key").click()
    await page.get_by_role("heading", name="Your recovery codes").wait_for()
    await page.context.clear_cookies()
    await sign_in(page, to="**/auth/second")
    kept: list[str] = []
    page.on("request", lambda request: kept.append(request.post_data or ""))
    await page.get_by_role("button", name="Use the key").click()
    await page.wait_for_url("**/home")
    sent = next(body for body in kept if "answer=" in body)
    await page.context.clear_cookies()
    await sign_in(page, to="**/auth/second")

    await page.evaluate(
        """(answer) => {
          const form = document.querySelector("form[data-key]");
          form.elements.answer.value = answer;
          form.submit();
        }""",
        dict(pair.split("=", 1) for pair in _decoded(sent))["answer"],
    )

    await page.get_by_text("The key did not fit.").first.wait_for()
    assert json.loads(dict(pair.split("=", 1) for pair in _decoded(sent))["answer"])["id"]


def _decoded(body: str) -> list[str]:
    from urllib.parse import unquote_plus

    return [unquote_plus(pair) for pair in body.split("&")]
