"""An operator asks why a handle does not work, on the command line, over TLS."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Districts

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def districts(tmp_path: Path) -> Iterator[Districts]:
    found = Districts(tmp_path)
    yield found
    found.lincoln.stop()
    found.riverside.stop()


def test_inspect_says_what_is_in_order_and_what_is_not(districts):
    districts.riverside.start()
    districts.riverside.member("priya")

    alone = districts.lincoln.run("inspect", "@priya@riverside.test")
    assert alone.returncode == 1
    assert "FAIL  signature" in alone.stdout
    assert "Is this server running" in alone.stdout

    districts.lincoln.start()
    fine = districts.lincoln.run("inspect", "@priya@riverside.test")

    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert "@priya@riverside.test is in order." in fine.stdout
    as_json = json.loads(
        districts.lincoln.run("inspect", "@priya@riverside.test", "--json").stdout
    )
    assert all(step["ok"] for step in as_json["steps"])

    nobody = districts.lincoln.run("inspect", "@nobody@riverside.test")
    assert nobody.returncode == 1
    assert "FAIL  webfinger" in nobody.stdout

    districts.riverside.stop()
    wrong = districts.authority.issue_cert("another.test")
    wrong.cert_chain_pems[0].write_to_path(districts.riverside.environment["FEDI_K12_TLS_CERT"])
    wrong.private_key_pem.write_to_path(districts.riverside.environment["FEDI_K12_TLS_KEY"])
    districts.riverside.start()
    broken = districts.lincoln.run("inspect", "@priya@riverside.test")
    assert broken.returncode == 1
    assert "FAIL  certificate" in broken.stdout
    assert "another name" in broken.stdout
