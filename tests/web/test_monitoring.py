"""What monitors ask for is there, and what is there is written down."""

import json
import re
from pathlib import Path

import pytest

from fedi_k12 import observe
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.permissions import Role
from storage import jobs
from storage.wire import WRITTEN

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "fedi_k12/monitoring"
NAME = re.compile(r"\b(?:fedi_k12|process)_[a-z0-9_]+")


@pytest.fixture
async def shown(ctx, maya, client, make_member):
    """Return what /metrics shows to an admin once everything has been counted."""
    observe.count_delivery("delivered")
    observe.count_inbox("refused", reason="FED-1")
    observe.count_job(kind="x", outcome="failed", seconds=0.1)
    await ctx.write(jobs.enqueue, SweepStore(), now=ctx.clock())
    await client.get("/healthz")
    admin = await make_member("ada", role=Role.OWNER)
    return await (await client.get("/metrics", headers=admin.headers)).text()


def samples(text: str) -> set[str]:
    return {re.split(r"[{ ]", line)[0] for line in text.splitlines() if line[:1] > "#"}


async def test_dashboard_and_alerts_name_what_is_measured(shown):
    dashboard = json.loads((FOLDER / "grafana.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }
    rules = (FOLDER / "alerts.yaml").read_text()
    alerts = {name for line in re.findall(r"expr: (.*)", rules) for name in NAME.findall(line)}

    assert len(asked) > 8
    assert len(alerts) > 5
    assert asked | alerts <= samples(shown)


@pytest.mark.parametrize("page", ["operators.md", "es/operators.md"])
async def test_every_metric_is_written_down_and_no_other(shown, page):
    written = set(NAME.findall((ROOT / "webui/help" / page).read_text())) - {WRITTEN}
    measured = set(re.findall(r"^# TYPE (\S+)", shown, re.MULTILINE))
    ours = {name for name in measured if name.startswith("fedi_k12") and "_created" not in name}

    assert ours == {name for name in written if name.startswith("fedi_k12")}
    assert written <= measured


async def test_what_waits_is_measured_when_it_is_asked_for(shown, ctx):
    assert re.search(r'^fedi_k12_waiting{queue="jobs"} [1-9]', shown, re.MULTILINE)
    assert re.search(r"^fedi_k12_disk_free_bytes [1-9]", shown, re.MULTILINE)
    assert "fedi_k12_oldest_job_seconds" in shown
