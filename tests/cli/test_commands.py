"""The command line, as operators and scripts use it: refusals, then what each command does."""

import json
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.operators import PASSWORD, last_line, member


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--set", "domain=not a host", "stats"), 1, "is not a host name"),
        (("--set", "domian=x.example", "stats"), 1, "Did you mean domain?"),
        (("--set", "domain", "stats"), 2, "write NAME=VALUE"),
        (("--config", "missing.toml", "stats"), 1, "no settings file"),
        (("invite", "create", "--expires", "soon"), 2, "write 30m, 12h, 7d, 4w or never"),
        (("invite", "create", "--expires", "0d"), 2, "write 30m"),
        (("account", "create", "Not A Name"), 1, "small letters"),
        (("account", "create", "admin"), 1, "kept for the people who run this server"),
        (("account", "suspend", "nobody"), 1, "not known here"),
        (("account", "rotate-keys", "nobody"), 1, "not known here"),
        (("account", "rotate-keys"), 2, "Name one account"),
        (("account", "rotate-keys", "maya", "--all"), 2, "Name one account"),
        (("account", "role", "nobody", "admin"), 1, "nobody is not known here"),
        (("account", "reset-password", "nobody"), 1, "no member called nobody"),
        (("account", "role", "nobody", "queen"), 2, "queen"),
        (("token", "create", "nobody"), 1, "no member called nobody"),
        (("domain", "block", "not a domain"), 1, "is not a domain"),
        (("domain", "block", "localhost:8080"), 1, "this server itself"),
        (("domain", "remove", "good.example"), 1, "Nothing has been decided"),
        (("inspect", "not a handle"), 1, "is not a handle"),
        (("inspect", "@maya"), 1, "is of this server"),
        (("serve", "--listen", "nowhere"), 1, "write HOST:PORT"),
        (("serve", "--tls-cert", "x.pem"), 1, "set both"),
        (("nonsense",), 2, "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_is_told_with_what_to_do(run, arguments, code, words):
    result = run(*arguments, code=code, stdin=PASSWORD + "\n")

    assert words in result.output


def test_a_short_password_is_refused(run):
    result = run("account", "create", "maya", "--password-stdin", stdin="short\n", code=1)

    assert "needs 15 letters or more" in result.output


def test_an_account_is_made_once(run):
    result = run(
        "account", "create", "maya", "--password-stdin", "--email", "maya@school.example",
        "--display-name", "Maya", "--role", "owner", stdin=PASSWORD + "\n",
    )  # fmt: skip

    assert last_line(result) == "@maya@localhost:8080"
    again = run("account", "create", "maya", "--password-stdin", stdin=PASSWORD + "\n", code=1)
    assert "taken" in again.output
    listed = json.loads(run("account", "list", "--json").stdout)
    assert [(one["handle"], one["role"], one["name"]) for one in listed] == [
        ("@maya@localhost:8080", "owner", "Maya")
    ]
    assert "@maya@localhost:8080" in run("account", "list").output


def test_a_password_is_made_up_where_none_is_given(run):
    result = run("account", "create", "robot", "--kind", "service")

    assert "Password: " in result.output
    assert last_line(result) == "@robot@localhost:8080"


def test_nobody_signs_in_to_an_organization(run):
    """R-8: an official account has no credentials of its own."""
    run("account", "create", "schools", "--kind", "organization", "--password-stdin", code=2)
    result = run("account", "create", "schools", "--kind", "organization")

    assert "Password" not in result.output
    assert last_line(result) == "@schools@localhost:8080"
    assert "no member" in run("token", "create", "schools", code=1).output


def test_people_are_delegated_paused_and_removed(run):
    """R-8, S-37: who acts for an account is said by name, and two managers are asked for."""
    member(run)
    run("account", "create", "schools", "--kind", "organization")

    assert (
        "has 1 of the 2"
        in run("delegate", "schools", "add", "maya", "--role", "manager").output
    )
    assert "paused" in run("delegate", "schools", "pause", "maya", "--reason", "Leave").output
    assert json.loads(run("delegate", "schools", "list", "--json").stdout)[0][
        "pause_reason"
    ] == ("Leave")
    assert "acts" in run("delegate", "schools", "pause", "maya", "--off").output
    assert "no longer" in run("delegate", "schools", "remove", "maya").output
    assert "ended" in run("delegate", "schools", "list").output
    run("delegate", "schools", "remove", "maya", code=1)
    run("delegate", "maya", "add", "maya", code=1)
    run("delegate", "nobody", "list", code=1)


def test_an_office_is_given_shown_and_ended(run):
    """S-24."""
    member(run)
    assert "holds no office" in run("account", "office", "maya").output
    run("account", "office", "maya", "Principal", "--until", "2001-01-01", code=1)
    given = run("account", "office", "maya", "superintendent", "--label", "column").output
    assert "Superintendent: Superintendent’s column, official" in given
    run("account", "office", "maya", "Principal", code=1)
    run("account", "office", "maya", "Principal", "--end", code=2)
    assert "ended" in run("account", "office", "maya", "--end").output
    run("account", "office", "maya", "--end", code=1)
    run("account", "office", "nobody", code=1)


def test_an_account_is_suspended_and_restored(run):
    member(run)

    assert "suspended" in run("account", "suspend", "maya", "--reason", "a test").output
    assert json.loads(run("account", "list", "--json").stdout)[0]["suspended"] is True
    assert "active again" in run("account", "unsuspend", "maya").output
    assert json.loads(run("account", "list", "--json").stdout)[0]["suspended"] is False


def test_accounts_get_new_keys(run):
    member(run)

    assert "one account" in run("account", "rotate-keys", "maya").output
    assert "one account" in run("account", "rotate-keys", "--server").output
    assert "2 accounts" in run("account", "rotate-keys", "--all").output


def test_a_server_that_chokes_on_signatures_is_asked_without(run):
    assert "is not signed" in run("domain", "sign-fetches", "Far.Example", "off").output
    assert "is signed" in run("domain", "sign-fetches", "far.example", "on").output
    assert "is not a domain" in run("domain", "sign-fetches", "not one", "on", code=1).output


def test_a_member_gets_a_role_a_password_and_a_token(run):
    member(run)

    assert "maya is moderator now" in run("account", "role", "maya", "moderator").output
    assert "New password: " in run("account", "reset-password", "maya").output
    changed = run("account", "reset-password", "maya", "--password-stdin", stdin=PASSWORD)
    assert "has a new password" in changed.output
    assert len(last_line(run("token", "create", "maya"))) > 30


@pytest.mark.parametrize("expires", ["30m", "12h", "7d", "4w", "never"])
def test_an_invitation_is_a_link(run, expires):
    result = run("invite", "create", "--uses", "3", "--expires", expires, "--note", "grade 4")

    assert last_line(result).startswith("http://localhost:8080/invite/")


def test_decisions_about_servers_are_made_listed_and_taken_back(run):
    run("domain", "block", "Spam.Example", "--comment", "=spam", "--note", "seen in May")
    run("domain", "limit", "loud.example", "--reject-media", "--reject-reports")
    run("domain", "allow", "good.example", "--note", "a neighbor")

    listed = json.loads(run("domain", "list", "--json").stdout)

    assert {one["domain"]: one["severity"] for one in listed} == {
        "spam.example": "suspend",
        "loud.example": "limit",
        "good.example": "allow",
    }
    assert "spam.example" in run("domain", "list").output
    run("domain", "remove", "good.example")
    assert "good.example" not in run("domain", "list").output


def test_decisions_travel_as_mastodon_writes_them(run, tmp_path):
    run("domain", "block", "spam.example", "--comment", "=HYPERLINK()")
    run("domain", "limit", "loud.example", "--reject-media")

    exported = run("domain", "export").stdout

    assert exported.splitlines() == [
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate",
        "loud.example,silence,True,False,,False",
        "spam.example,suspend,False,False,'=HYPERLINK(),False",
    ]
    (tmp_path / "blocks.csv").write_text(exported + "quiet.example,noop,,,,\n")
    for name in ("loud.example", "spam.example"):
        run("domain", "remove", name)
    dry = run("domain", "import", "blocks.csv")
    assert "loud.example" in dry.output
    assert json.loads(run("domain", "list", "--json").stdout) == []
    assert "2 decisions" in run("domain", "import", "blocks.csv", "--apply").output
    assert {one["source"] for one in json.loads(run("domain", "list", "--json").stdout)} == {
        "list blocks.csv"
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#domain,#severity\n,suspend\n", "line 2: there is no domain"),
        ("#domain,#severity\na.example,burn\n", "neither suspend nor silence"),
        ("#domain,#severity\ngood.example,suspend\nno host!,suspend\n", "line 3: 'no host!'"),
        (
            f"#domain,#public_comment\na.example,{'x' * 200_000}\n",
            "cannot be read after line 1",
        ),
        ("\xff\xfe", "cannot be read"),
    ],
    ids=["no domain", "unknown severity", "no host", "an endless cell", "not text"],
)
def test_a_list_that_cannot_be_read_is_refused(run, tmp_path, text, words):
    (tmp_path / "blocks.csv").write_bytes(text.encode("latin-1"))

    assert words in run("domain", "import", "blocks.csv", code=1).output
    assert json.loads(run("domain", "list", "--json").stdout) == []


def test_a_list_of_odd_rows_is_taken_over_without_this_very_server(run, tmp_path):
    (tmp_path / "blocks.csv").write_text(
        "#domain,#severity,#public_comment\n"
        "a.example,suspend,spam,one,more\n"
        "localhost,suspend,somebody blocks us\n"
        'b.example,silence,"two\nlines"\n'
        "c.example\n"
    )

    result = run("domain", "import", "blocks.csv", "--apply")

    assert "line 3: localhost is this server itself" in result.output
    assert "3 decisions" in result.output
    assert {
        one["domain"]: (one["severity"], one["public_comment"])
        for one in json.loads(run("domain", "list", "--json").stdout)
    } == {
        "a.example": ("suspend", "spam"),
        "b.example": ("limit", "two\nlines"),
        "c.example": ("suspend", ""),
    }


def test_settings_say_where_they_come_from(run, monkeypatch):
    monkeypatch.setenv("FEDI_K12_METRICS_TOKEN", "secret")

    rows = {
        row["name"]: row
        for row in json.loads(run("--set", "name=Lincoln", "settings", "--json").stdout)
    }

    assert rows["name"]["value"] == "Lincoln"
    assert rows["name"]["source"] == "flag"
    assert rows["metrics_token"]["source"] == "environment"
    assert "secret" not in rows["metrics_token"]["value"]
    assert rows["domain"]["source"] == "default"
    assert "SETTING" in run("settings").output


def test_an_archive_is_written(run, tmp_path):
    member(run)
    refused = run("export", "nobody", "x.zip", code=1)
    assert "not known here" in refused.output
    assert not (tmp_path / "x.zip").exists()

    done = run("export", "maya", "maya.zip")

    assert "0 posts" in last_line(done)
    with zipfile.ZipFile(tmp_path / "maya.zip") as file:
        assert "outbox.json" in file.namelist()


def test_records_are_verified_searched_and_exported(run, tmp_path):
    """R-13, R-16, R-17: in one command each; one flipped byte is named."""
    run("account", "create", "lincoln", "--kind", "organization")

    assert "Whole: 1 records" in run("records", "verify").stdout
    found = json.loads(run("records", "search", "--account", "lincoln", "--json").stdout)
    assert [one["kind"] for one in found] == ["official account made"]
    given = ("lincoln", str(tmp_path / "out"), "--year", str(datetime.now(UTC).year))
    told = run("records", "export", *given).stdout
    assert "1 records in 1 threads" in told
    run("records", "export", *given, code=1)
    run("records", "export", "nobody", str(tmp_path / "no"), "--year", "2026", code=1)
    run("records", "export", *given, "--from", "2026-01-01", code=2)
    marks = tmp_path / "marks.json"
    marks.write_text(run("records", "checkpoints", "--json").stdout)
    run("records", "verify", "--against", str(marks))
    with closing(sqlite3.connect(tmp_path / "data" / "fedi-k12.db")) as store:
        store.execute("DROP TRIGGER record_no_update")
        store.execute("UPDATE record SET person = 'x' WHERE seq = 1")
        store.commit()
    assert "Not whole: the entry of record 1" in run("records", "verify", code=1).stderr
    assert json.loads(run("records", "verify", "--json", code=1).stdout)["record"] == 1


def test_records_are_kept_by_a_schedule_and_held(run):
    """R-14: what becomes due, by a data file; a legal hold is placed, listed and lifted."""
    run("account", "create", "lincoln", "--kind", "organization")

    run("records", "schedule", "lincoln", "--use", "us-wy", "--class", "director")
    (told,) = json.loads(run("records", "schedule", "--json").stdout)
    assert (told["schedule"], told["class"]) == ("us-wy", "director")
    assert "us-wy" in run("records", "schedule", "@lincoln").stdout
    run("records", "schedule", "lincoln", "--use", "us-xx", code=1)
    run("records", "schedule", "nobody", code=1)
    run("records", "schedule", "--use", "us-wy", code=2)

    number = run("records", "hold", "add", "Case 7", "--words", "buses").stdout.split()[1]
    assert "Case 7" in run("records", "hold", "list").stdout
    run("records", "hold", "lift", number)
    run("records", "hold", "lift", number, code=1)
    (one,) = json.loads(run("records", "hold", "list", "--json").stdout)
    assert (one["words"], one["lifted"] is None) == ("buses", False)


def test_statistics_count(run):
    member(run)

    found = json.loads(run("stats", "--json").stdout)

    assert found["members"] == 1
    assert found["deliveries_owed"] == 0
    assert "members" in run("stats").output


def test_inspect_ends_with_a_reason(run):
    result = run("inspect", "@ren@nowhere.localhost:1", "--json", code=1)

    report = json.loads(result.stdout)
    assert report["ok"] is False
    assert report["steps"][-1]["advice"]
    assert "FAIL" in run("inspect", "@ren@nowhere.localhost:1", code=1).output


def test_the_version_and_help_are_quick_to_have(run):
    assert "fedi-k12" in run("--version").output
    helped = run("--help").output
    for name in ("serve", "worker", "account", "token", "invite", "domain", "inspect", "demo"):
        assert name in helped


def test_what_a_suspension_ended_can_be_listed_and_nobody_waits_at_first(run):
    assert json.loads(run("domain", "severed", "--json").stdout) == []
    assert "no such entry" in run("domain", "restore", "1", code=1).output
    assert json.loads(run("domain", "waiting", "--json").stdout) == []
    assert "does not wait" in run("domain", "let-in", "far.example", code=1).output
    assert "does not wait" in run("domain", "keep-out", "far.example", code=1).output


def test_an_allow_keeps_its_star_and_its_way(run):
    run("domain", "allow", "*.k12.or.us", "--only", "in")
    run("domain", "limit", "leaky.example", "--no-followers-only", "--only-that")

    found = {one["domain"]: one for one in json.loads(run("domain", "list", "--json").stdout)}

    assert found["*.k12.or.us"]["direction"] == "in"
    assert found["leaky.example"]["severity"] == "normal"
    assert found["leaky.example"]["no_followers_only"] is True
    run("domain", "remove", "*.k12.or.us")


def test_a_group_is_made_for_a_member_and_listed(run):
    run("group", "create", "fractions", "--owner", "maya", code=1)
    member(run)

    made = run("group", "create", "fractions", "--owner", "maya", "--display-name", "Fractions")
    listed = json.loads(run("group", "list", "--json").stdout)

    assert last_line(made).startswith("@fractions@")
    assert [(one["name"], one["moderators"], one["members"]) for one in listed] == [
        ("Fractions", ["maya"], 1)
    ]
    assert "Fractions" in run("group", "list").output


def test_emojis_are_added_listed_and_removed(run, tmp_path):
    """Row 1.7 "Emoji"."""
    from PIL import Image

    Image.new("RGB", (64, 64), "red").save(tmp_path / "bus.png")
    (tmp_path / "no.png").write_bytes(b"no picture")
    run("emoji", "add", "school_bus", "bus.png", "--category", "Travel")

    assert "taken" in run("emoji", "add", "school_bus", "bus.png", code=1).output
    assert "2 to 32" in run("emoji", "add", "School-Bus", "bus.png", code=1).output
    assert "content type" in run("emoji", "add", "car", "no.png", code=1).output
    assert ":school_bus:" in run("emoji", "list").output
    [found] = json.loads(run("emoji", "list", "--json").stdout)
    assert (found["shortcode"], found["category"]) == ("school_bus", "Travel")
    run("emoji", "remove", ":school_bus:")
    assert json.loads(run("emoji", "list", "--json").stdout) == []
    run("emoji", "remove", "school_bus", code=1)


def test_a_lost_second_step_is_taken_away(run):
    member(run)

    assert "password alone" in last_line(run("account", "reset-second-factor", "maya"))
    assert "no member" in run("account", "reset-second-factor", "nobody", code=1).output


def test_an_operator_announces_something_and_takes_it_back(run):
    run("announcement", "add", " ", code=1)
    number = run("announcement", "add", "Closed on Sunday").stdout.split()[-1].strip(".")

    assert "Closed on Sunday" in run("announcement", "list").output
    assert json.loads(run("announcement", "list", "--json").stdout)[0]["id"] == int(number)
    run("announcement", "remove", number)
    run("announcement", "remove", number, code=1)
