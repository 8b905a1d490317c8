"""Commands that keep a server well: backups, the database, files, and what is wrong with it."""

import json
import os
import sqlite3
import stat
from contextlib import closing

import pytest

from tests.operators import member


def test_a_server_is_backed_up_checked_and_restored(run, tmp_path):
    member(run)
    store, file = tmp_path / "data" / "fedi-k12.db", tmp_path / "k12.tar"

    run("backup", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "is there already" in run("backup", str(file), code=1).output
    assert "is whole: localhost:8080" in run("restore", str(file), "--check").output
    assert "people live in it" in run("restore", str(file), code=1).output
    with closing(sqlite3.connect(store)) as serving:
        serving.execute("SELECT count(*) FROM account").fetchall()
        refused = run("restore", str(file), "--overwrite", code=1)
    assert "Stop it first" in refused.output
    member(run, "tom")
    run("restore", str(file), "--overwrite")
    assert [one["handle"] for one in json.loads(run("account", "list", "--json").stdout)] == [
        "@maya@localhost:8080"
    ]
    assert not list(tmp_path.rglob("*.partial")) + list(tmp_path.rglob("*.restoring"))
    run("--set", "name=Lincoln", "backup", str(tmp_path / "named.tar"))
    run("restore", str(tmp_path / "named.tar"), "--settings", str(tmp_path / "kept.toml"))
    assert 'name = "Lincoln"' in (tmp_path / "kept.toml").read_text()


def test_the_database_is_checked_counted_again_and_pruned(run, tmp_path):
    member(run)
    with closing(sqlite3.connect(tmp_path / "data" / "fedi-k12.db")) as store, store:
        store.execute("UPDATE account SET followers_count = 7 WHERE username = 'maya'")

    found = run("db", "check", code=1).output
    assert "Counted wrongly: account.followers_count: 1" in found
    assert "Counted again: 1." in run("db", "check", "--repair").output
    assert json.loads(run("db", "check", "--json").stdout)["wrong_counts"] == {}
    assert "--days" in run("db", "prune", code=1).output
    assert "0 posts would be" in run("db", "prune", "--days", "90", "--dry-run").output
    assert "0 posts are" in run("--set", "remote_post_days=90", "db", "prune").output
    assert "a number of days" in run("--set", "remote_post_days=-1", "stats", code=1).output


def test_an_examination_ends_with_one_where_something_fails(run, tmp_path):
    member(run)

    assert "Nothing to mend" in run("doctor", "--inside").output
    told = json.loads(run("doctor", "--json", code=1).stdout)
    assert [one["name"] for one in told if one["level"] == "fail"] == ["reachable"]


@pytest.mark.parametrize("command", ["stats", "serve"])
def test_a_file_that_is_no_database_is_told(run, tmp_path, command):
    (tmp_path / "data/fedi-k12.db").write_bytes(b"no database" * 500)

    result = run(command, code=1)

    assert "The database cannot be used: file is not a database" in result.output
    assert "`fedi-k12 settings`" in result.output


def test_a_database_that_nobody_serves_is_told(run):
    url = "postgresql+asyncpg://maya:secret@127.0.0.1:1/fedi"

    result = run("--set", f"database_url={url}", "stats", code=1)

    assert "Connect call failed" in result.output
    assert "secret" not in result.output


def test_files_of_others_are_counted_pruned_and_swept(run, tmp_path):
    assert json.loads(run("media", "figures", "--json").stdout)["files"] == 0
    assert "0 files" in run("media", "figures").output
    assert "0 files" in run("media", "prune", "--dry-run").output
    assert "0 files" in run("media", "prune", "--host", "far.example", "--unseen", "30d").output
    assert "write a number" in run("media", "prune", "--unseen", "soon", code=1).output
    assert json.loads(run("media", "stopped", "--json").stdout) == []
    lost = tmp_path / "data/media/ab" / f"ab{'0' * 62}.png"
    lost.parent.mkdir(parents=True)
    lost.write_bytes(b"x")
    os.utime(lost, (1, 1))

    assert "1 files that nothing refers to." in run("media", "orphans").output
    assert lost.exists()
    run("media", "orphans", "--delete")

    assert not lost.exists()
