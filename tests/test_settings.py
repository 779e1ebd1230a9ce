"""Settings are checked before anything is done, and values are never repeated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_mews.errors import InvalidSettingsError
from tap_mews.settings import CONFIG, Settings
from tap_mews.settings.rules import looks_like_token
from tap_mews.tap import TapMews
from tests.harness import Json, Result, command, run_process, select, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

SECRET = "s3cr3t-c0ffee"
TapMews.append_builtin_config(CONFIG)
TOKENS = {"client_token": f"{SECRET}-client", "access_token": f"{SECRET}-access"}

WRONG: list[tuple[str, Any]] = [
    *((name, bad) for name in TOKENS for bad in (None, "", 12, [SECRET])),
    *(("client_name", bad) for bad in ("", 12)),
    *(
        ("api_url", bad)
        for bad in (
            "",
            12,
            SECRET,
            "api.mews.com",
            "ftp://api.mews.com",
            "http://api.mews.com",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "https://",
            f"https://user:{SECRET}@api.mews.com",
            f"https://api.mews.com?key={SECRET}",
            "https://api.mews.com#part",
            "https://[::1",
            "https://mews.invalid:port",
            "https://mews.invalid:99999",
            "https://mews invalid",
        )
    ),
    *(
        (name, bad)
        for name in ("start_date", "end_date")
        for bad in ("yesterday", SECRET, "2026-02-30", "2026-13-01", "20260101T", 2026)
    ),
    *(
        (name, bad)
        for name in ("enterprise_ids", "chain_ids")
        for bad in (SECRET, [], [""], [12], [None], ["id"] * 1001)
    ),
    *(("extraction", bad) for bad in ("files", SECRET, True)),
    *(("page_size", bad) for bad in (0, 1001, -1, 1.5, "100", True)),
    *(("export_window_days", bad) for bad in (0, 181, "7")),
    *(("export_poll_seconds", bad) for bad in (0, -5)),
    *(("export_timeout_minutes", bad) for bad in (0, -5)),
    *(("ledger_lookback_days", bad) for bad in (-1, "7")),
    *(("lookback_minutes", bad) for bad in (-1, "5")),
    *(("on_invalid_record", bad) for bad in ("ignore", SECRET, False)),
    *(("max_concurrency", bad) for bad in (0, 1000)),
    *(("spool_directory", bad) for bad in ("", f"/nowhere/{SECRET}", 12)),
    *(("stream_maps", bad) for bad in (SECRET, [SECRET])),
    *(("flattening_max_key_length", bad) for bad in (SECRET,)),
]

each_wrong_setting = pytest.mark.parametrize(
    ("name", "value"),
    WRONG,
    ids=[f"{name}-{json.dumps(value)[:30]}" for name, value in WRONG],
)


def tell(folder: Path, settings: Json, *options: str) -> Result:
    """Run the command line with a config file."""
    path = folder / "config.json"
    path.write_text(json.dumps(settings), "utf-8")
    return command("--config", path, *options)


@each_wrong_setting
def test_a_wrong_setting_ends_with_one_line_that_names_it(
    tmp_path: Path, name: str, value: object
) -> None:
    done = tell(tmp_path, {**TOKENS, name: value})
    assert done.code == 1
    (line,) = done.errors
    assert name in line
    assert "\n" not in line
    assert done.lines == []


@each_wrong_setting
def test_a_wrong_setting_is_told_without_tokens_and_values(
    tmp_path: Path, name: str, value: object
) -> None:
    done = tell(tmp_path, {**TOKENS, name: value}, "--test")
    assert done.code == 1
    assert SECRET not in done.log


@pytest.mark.parametrize("option", ["--config", "--test"])
def test_a_process_with_a_wrong_setting_ends_with_one_line(
    tmp_path: Path, option: str
) -> None:
    options = [option] if option == "--test" else []
    config = {**TOKENS, "page_size": SECRET}
    done = run_process(*options, folder=tmp_path, config=config)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = (each for each in done.stderr.splitlines() if "INFO" not in each)
    assert "page_size must be of type integer" in line
    assert SECRET not in done.stderr


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    done = tell(tmp_path, {"page_size": 0, "start_date": "soon", "extraction": "x"})
    (line,) = done.errors
    for name in ("client_token", "access_token", "page_size", "start_date"):
        assert name in line


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-02-02", "2026-02-01"),
        ("2026-02-01", "2026-02-01"),
        ("2026-02-01T00:00:00Z", "2026-02-01T01:00:00+02:00"),
    ],
)
def test_the_start_must_be_before_the_end(tmp_path: Path, start: str, end: str) -> None:
    done = tell(tmp_path, {**TOKENS, "start_date": start, "end_date": end})
    (line,) = done.errors
    assert "start_date must be before end_date" in line


@pytest.mark.parametrize("name", sorted(set(CONFIG["properties"]) - set(TOKENS)))
def test_null_stands_for_a_setting_that_is_not_set(name: str) -> None:
    schema = TapMews.config_jsonschema
    assert Settings.load({**TOKENS, name: None}, schema) == Settings.load(
        TOKENS, schema
    )


def test_tokens_are_all_that_is_needed() -> None:
    settings = TapMews(config=dict(TOKENS)).settings
    assert settings.api_url == "https://api.mews.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.mews.com",
        "https://api.mews-demo.com/",
        "https://proxy.example.com:8443/mews",
        "http://localhost:8080",
        "http://127.0.0.1:8080/",
        "http://127.1.2.3",
        "http://[::1]:8080",
    ],
)
def test_an_address_may_be_https_or_loopback(url: str) -> None:
    settings = TapMews(config={**TOKENS, "api_url": url}).settings
    assert settings.api_url == url.rstrip("/")


def test_an_address_may_end_with_a_slash(sandbox: Sandbox) -> None:
    config = sandbox.config(api_url=f"{sandbox.url}/")
    assert sync(config, catalog=select("bills")).ok().records["bills"]


def test_whole_numbers_may_be_written_with_a_point(sandbox: Sandbox) -> None:
    config = sandbox.config(page_size=100.0)
    sync(config, catalog=select("bills")).ok()
    (asked,) = sandbox.journal.requests("enterprises/getAll")
    assert asked.body["Limitation"]["Count"] == 100


def test_the_client_name_is_what_mews_sees(sandbox: Sandbox) -> None:
    config = sandbox.config(client_name="Nightly 2.1")
    sync(config, catalog=select("bills")).ok()
    names = {each.body["Client"] for each in sandbox.journal.requests()}
    assert names == {"Nightly 2.1"}


def test_the_tap_names_itself_unless_told_otherwise(sandbox: Sandbox) -> None:
    sync(sandbox.config(), catalog=select("bills")).ok()
    names = {each.body["Client"] for each in sandbox.journal.requests()}
    assert names == {f"tap-mews {TapMews.plugin_version}"}


@pytest.mark.days(30)
def test_settings_may_come_from_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in sandbox.config(end_date="2026-02-10").items():
        monkeypatch.setenv(f"TAP_MEWS_{name.upper()}", value)
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(select("bills")), "utf-8")
    done = command("--config", "ENV", "--catalog", path)
    assert done.code == 0
    assert done.records["bills"]


def test_a_wrong_setting_in_the_environment_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**TOKENS, "page_size": SECRET}.items():
        monkeypatch.setenv(f"TAP_MEWS_{name.upper()}", value)
    done = command("--config", "ENV")
    assert done.code == 1
    assert len(done.errors) == 1
    assert SECRET not in done.log


def test_each_setting_is_described() -> None:
    for name, rule in CONFIG["properties"].items():
        assert len(rule["description"]) > 20, name
        assert rule["title"], name


def test_tokens_are_marked_as_secret() -> None:
    secret = {name for name, rule in CONFIG["properties"].items() if rule.get("secret")}
    assert secret == {*TOKENS, "access_tokens"}


MEWS_TOKEN = f"{'E0D439' * 10}-{'1D' * 15}"

IN_PLACE_OF_NAMES = {
    "no token": {MEWS_TOKEN: ""},
    "null": {MEWS_TOKEN: None},
    "a number": {MEWS_TOKEN: 5},
    "the other way round": {MEWS_TOKEN: "Hotel"},
}


@pytest.mark.parametrize("tokens", IN_PLACE_OF_NAMES.values(), ids=IN_PLACE_OF_NAMES)
def test_a_token_in_the_place_of_its_name_is_not_repeated(tokens: Json) -> None:
    assert looks_like_token(MEWS_TOKEN)
    config = {"client_token": TOKENS["client_token"], "access_tokens": tokens}
    with pytest.raises(InvalidSettingsError) as caught:
        TapMews(config=config)
    assert "access_tokens" in str(caught.value)
    assert MEWS_TOKEN not in str(caught.value)


def test_two_names_that_differ_in_white_space_are_one_name_too_often() -> None:
    tokens = {"Hotel": f"{SECRET}-1", "Hotel ": f"{SECRET}-2"}
    config = {"client_token": TOKENS["client_token"], "access_tokens": tokens}
    with pytest.raises(InvalidSettingsError, match="each name once; see entry 2"):
        TapMews(config=config)


def test_names_of_tokens_may_have_a_dot_where_meltano_does_not_run_the_tap() -> None:
    tokens = {"Prague": f"{SECRET}-1", "St. Moritz": f"{SECRET}-2"}
    config = {"client_token": TOKENS["client_token"], "access_tokens": tokens}
    names = [name for name, _ in TapMews(config=config).settings.access_tokens]
    assert names == ["Prague", "St. Moritz"]
