"""Logs and counters: enough to see what happens, and nothing that is secret."""

import io
import json
import logging
from datetime import datetime, timedelta

import pytest
import structlog

from fedi_k12 import observe


@pytest.fixture(autouse=True)
def _put_back():
    root = logging.getLogger()
    handlers, level, configured = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


def test_logs_are_json_where_no_terminal_is(capsys):
    observe.set_up_logging(style="auto", level="info")

    structlog.get_logger("x").info("hello", status=200)
    structlog.get_logger("x").debug("hidden")
    logging.getLogger("other").warning("from a library")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["hello", "from a library"]
    assert (lines[0]["level"], lines[0]["status"]) == ("info", 200)
    assert lines[0]["timestamp"].endswith("Z")


def test_logs_of_errors_say_where(capsys):
    observe.set_up_logging(style="json", level="info")

    fail("password")

    said = json.loads(capsys.readouterr().err)["exception"]
    assert "ValueError: invalid literal" in said
    assert "sekret" not in said


def fail(name):
    secret = {name: "sekret"}
    try:
        int("broken" if secret else "")
    except ValueError:
        structlog.get_logger().exception("failed")


def test_logs_can_be_read_and_show_no_variables(capsys):
    observe.set_up_logging(style="text", level="debug")

    structlog.get_logger().debug("hello", status=200)
    fail("password")

    said = capsys.readouterr().err
    assert "hello" in said
    assert "broken" in said
    assert "sekret" not in said


def test_counters_are_bounded_whatever_is_sent():
    observe.count_request(method="EVIL", route="/a", status=200, seconds=0.1)
    observe.count_job(kind="FederatePost", outcome="done", seconds=0.1)
    observe.count_delivery("delivered", number=3)
    observe.count_inbox("dropped", reason="FED-1")
    observe.set_waiting("inbox", 7)

    text = observe.render_metrics().decode()

    assert 'method="other"' in text
    assert "EVIL" not in text
    assert 'fedi_k12_waiting{queue="inbox"} 7.0' in text


def test_times_to_answer_are_told_by_how_many_took_at_most_so_long():
    for seconds in (0.0005, 0.001, 0.02, 99.0):
        observe.count_request(method="GET", route="/told", status=200, seconds=seconds)

    text = observe.render_metrics().decode()

    told = dict(line.rsplit(" ", 1) for line in text.splitlines() if '"/told"' in line)
    number = 'fedi_k12_requests_total{method="GET",route="/told",status="200"}'
    bucket = 'fedi_k12_request_seconds_bucket{le="%s",route="/told"}'
    at_most = {
        bound: told[bucket % bound] for bound in ("0.001", "0.01", "0.025", "10.0", "+Inf")
    }
    assert float(told[number]) == 4
    assert list(map(float, at_most.values())) == [2, 2, 3, 3, 4]
    assert float(told['fedi_k12_request_seconds_count{route="/told"}']) == 4
    assert round(float(told['fedi_k12_request_seconds_sum{route="/told"}']), 4) == 99.0215


async def test_nothing_secret_is_logged(client, maya, capsys, caplog):
    """Tokens, cookies, addresses of e-mail and words of posts stay out of the logs."""
    with structlog.testing.capture_logs() as lines:
        await client.post(
            "/api/v1/statuses",
            json={"status": "a secret word"},
            headers={**maya.headers, "Cookie": "fedi_k12_session=sekret"},
        )
        await client.get("/api/v2/search?q=hidden&access_token=sekret", headers=maya.headers)

    said = json.dumps(lines, default=str)
    assert "/api/v1/statuses" in said
    for secret in (maya.token, "sekret", "a secret word", "maya@home.example", "hidden"):
        assert secret not in said


def test_what_json_has_no_form_for_is_logged_all_the_same_and_a_closed_log_stops_nothing(
    capsys, monkeypatch
):
    observe.set_up_logging(style="json", level="warning")

    structlog.get_logger("x").info("hidden")
    structlog.get_logger("x").warning("half a letter: \ud83d", thing=object, path="/\u00e9")

    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["event"], said["path"]) == ("half a letter: \ud83d", "/\u00e9")
    assert "object" in said["thing"]

    closed = io.StringIO()
    monkeypatch.setattr("sys.stderr", closed)
    observe.set_up_logging(style="json", level="warning")
    closed.close()
    structlog.get_logger("y").warning("nobody hears this")


@pytest.mark.parametrize(("level", "seen"), [("info", 2), ("warning", 1)])
def test_a_request_is_a_line_of_the_same_form_as_any(capsys, level, seen):
    observe.set_up_logging(style="json", level=level)
    for status in (200, 500):
        observe.tell_request(
            method="GET", path="/a/\udc80", status=status, seconds=0.0123, request_id="7",
            reason="FED-1" if status == 500 else None,
        )  # fmt: skip

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len(lines) == seen
    assert lines[-1]["event"] == "GET /a/\udc80"
    assert (lines[-1]["level"], lines[-1]["reason"]) == ("warning", "FED-1")
    assert (lines[-1]["status"], lines[-1]["ms"]) == (500, 12.3)
    assert datetime.fromisoformat(lines[-1]["timestamp"]).utcoffset() == timedelta(0)
