"""Settings: where each comes from, what is refused, and that every one is explained."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from msgspec.structs import fields

from fedi_k12.settings import Settings, SettingsError, describe, documentation, load

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_without_any_choice_the_server_is_for_this_machine():
    loaded = load({})

    assert loaded.settings.base_url == "http://localhost:8080"
    assert loaded.settings.handle_domain == "localhost:8080"
    assert loaded.settings.database_url == "sqlite+aiosqlite:///data/fedi-k12.db"
    assert ip_network("127.0.0.0/8") in loaded.settings.private_networks


def test_a_real_name_means_https_and_no_private_networks():
    settings = load({"FEDI_K12_DOMAIN": "Social.Lincoln.example"}).settings

    assert settings.base_url == "https://social.lincoln.example"
    assert settings.private_networks == ()
    assert "social.lincoln.example:443" in settings.own_hosts


def test_flags_beat_the_environment_which_beats_the_file(tmp_path):
    (tmp_path / "fedi-k12.toml").write_text(
        'name = "File"\nlisten = "0.0.0.0:1"\ndomain = "a.b"'
    )

    loaded = load(
        {"FEDI_K12_NAME": "Environment", "FEDI_K12_LISTEN": "0.0.0.0:2"},
        overrides={"name": "Flag"},
    )

    assert loaded.settings.name == "Flag"
    assert loaded.settings.listen_address == ("0.0.0.0", 2)
    assert loaded.settings.domain == "a.b"
    assert loaded.sources["name"] == "flag"
    assert loaded.sources["listen"] == "environment"
    assert loaded.sources["domain"] == "fedi-k12.toml"
    assert loaded.sources["federation"] == "default"


def test_an_internationalised_name_is_kept_in_ascii():
    assert (
        load({"FEDI_K12_DOMAIN": "schüle.example"}).settings.domain == "xn--schle-mva.example"
    )


def test_lists_and_pairs_are_read():
    settings = load(
        {
            "FEDI_K12_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8, 10.0.0.0/8",
            "FEDI_K12_RESOLVE": "lincoln.test=127.0.1.1:8443,riverside.test=127.0.1.2",
            "FEDI_K12_REGISTRATION_DOMAINS": "Lincoln.example",
            "FEDI_K12_RATE_LIMITS": "off",
        }
    ).settings

    assert settings.private_networks == (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))
    assert settings.resolve == {
        "lincoln.test": "127.0.1.1:8443",
        "riverside.test": "127.0.1.2",
    }
    assert settings.registration_domains == ("lincoln.example",)
    assert settings.rate_limits is False


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        pytest.param({"FEDI_K12_DOMIAN": "x"}, "Did you mean domain", id="misspelt"),
        pytest.param(
            {"FEDI_K12_DOMAIN": "https://x.example/"}, "without https", id="an address"
        ),
        pytest.param({"FEDI_K12_FEDERATION": "maybe"}, "FEDI_K12_FEDERATION", id="no choice"),
        pytest.param({"FEDI_K12_LISTEN": "8080"}, "HOST:PORT", id="no host to listen on"),
        pytest.param({"FEDI_K12_TRUSTED_PROXIES": "home"}, "TRUSTED_PROXIES", id="no network"),
        pytest.param({"FEDI_K12_DATABASE_URL": "mysql://x"}, "postgresql", id="other database"),
        pytest.param({"FEDI_K12_TLS_CERT": "/none.pem"}, "both", id="certificate without key"),
        pytest.param({"FEDI_K12_CA_FILE": "/none.pem"}, "no file", id="missing file"),
        pytest.param({"FEDI_K12_RESOLVE": "x"}, "name=address", id="no pair"),
        pytest.param({"FEDI_K12_MAX_UPLOAD_BYTES": "many"}, "MAX_UPLOAD", id="no number"),
    ],
)
def test_what_is_impossible_is_refused_with_the_line_to_change(environ, words):
    with pytest.raises(SettingsError, match=words):
        load(environ)


def test_a_file_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "fedi-k12.toml").write_text("domain = ")

    with pytest.raises(SettingsError, match=r"fedi-k12\.toml"):
        load({})


def test_a_file_that_was_asked_for_must_be_there(tmp_path):
    with pytest.raises(SettingsError, match="no settings file"):
        load({}, file=tmp_path / "none.toml")


def test_secrets_are_masked():
    rows = {
        row.name: row.value
        for row in describe(
            load(
                {
                    "FEDI_K12_DATABASE_URL": "postgresql://fedi:hunter2@db/fedi",
                    "FEDI_K12_METRICS_TOKEN": "hunter3",
                }
            )
        )
    }

    assert "hunter" not in str(rows)
    assert rows["database_url"].startswith("postgresql+asyncpg://fedi:")


@pytest.mark.parametrize("name", [item.name for item in fields(Settings)])
def test_every_setting_is_explained_where_it_stands_and_in_the_help(name):
    page = (ROOT / "webui/help/settings.md").read_text()

    assert documentation()[name]
    assert f"`FEDI_K12_{name.upper()}`" in page


def test_the_help_explains_no_setting_that_does_not_exist():
    page = (ROOT / "webui/help/settings.md").read_text()
    known = {f"FEDI_K12_{item.name.upper()}" for item in fields(Settings)}

    named = {word.strip("`|,. ") for word in page.split() if word.startswith("`FEDI_K12_")}

    assert named <= known | {"FEDI_K12_CONFIG"}
