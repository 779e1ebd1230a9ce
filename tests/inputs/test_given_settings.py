"""Settings, variables and identifiers that are wrong give an error of one line."""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.harness import command, select
from tests.inputs.runs import SECRET, TOKENS, one_line, run

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox


pytestmark = pytest.mark.days(8)


@pytest.mark.parametrize("locale", ["xx_YY", ["de_AT", "nowhere"]])
def test_a_locale_that_faker_does_not_have_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: object
) -> None:
    package, config = ModuleType("faker"), ModuleType("faker.config")
    config.AVAILABLE_LOCALES = ["de_AT"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faker", package)
    monkeypatch.setitem(sys.modules, "faker.config", config)
    monkeypatch.setattr("tap_mews.settings.rules.find_spec", lambda _: object())
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**TOKENS, "faker_config": {"locale": locale}}), "utf-8")
    assert "faker_config.locale must be" in one_line(command("--config", path))


def test_unknown_variables_are_told(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAP_MEWS_ENTERPRISE_ID", sandbox.enterprise_ids[0])
    monkeypatch.setenv("TAP_MEWS__SELECT", '["bills.*"]')  # one of Meltano's
    monkeypatch.setenv("TAP_MEWS_LOGLEVEL", "INFO")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config()), "utf-8")
    done = command("--config", path, "--config", "ENV", "--test=schema")
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert told == ["WARNING TAP_MEWS_ENTERPRISE_ID is not a setting and has no effect"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("start_dat", "; did you mean start_date?"), ("colour", "")],
)
def test_an_unknown_setting_is_told_with_the_nearest_name(
    sandbox: Sandbox, tmp_path: Path, name: str, meant: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config(**{name: "2026-01-01"})), "utf-8")
    done = command("--config", path, "--test=schema")
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert told == [f"WARNING Unknown setting '{name}' has no effect{meant}"]


@pytest.mark.parametrize(
    ("order", "name"),
    [("ab", "b"), ("ba", "a"), ("abE", "environment"), ("Eab", "environment")],
)
def test_a_later_file_overrules_an_earlier_one_and_a_variable_all_of_them(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    name: str,
) -> None:
    monkeypatch.setenv("TAP_MEWS_CLIENT_NAME", "environment")
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(select("enterprises")), "utf-8")
    arguments: list[str | Path] = ["--catalog", catalog]
    for letter in order:
        path = tmp_path / f"{letter}.json"
        path.write_text(json.dumps(sandbox.config(client_name=letter)), "utf-8")
        arguments += ["--config", "ENV" if letter == "E" else path]
    assert command(*arguments).code == 0
    assert {each.body["Client"] for each in sandbox.journal.requests()} == {name}


def test_a_broken_dotenv_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_bytes('TAP_MEWS_CLIENT_NAME="Über"'.encode("latin-1"))
    monkeypatch.chdir(tmp_path)
    assert ".env cannot be read" in one_line(command("--config", "ENV"))


@pytest.mark.parametrize("name", ["client_token", "access_token", "client_name"])
@pytest.mark.parametrize("padding", ["{}\n", "{}\r\n", " {}", "\t{} "])
def test_white_space_around_a_text_does_not_matter_and_is_told(
    sandbox: Sandbox, tmp_path: Path, name: str, padding: str
) -> None:
    config = sandbox.config(client_name="Nightly", extraction="pages")
    config[name] = padding.format(config[name])
    done = run(tmp_path, config)
    assert done.code == 0
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert told == [f"WARNING {name}: removed white space around the value"]
    sent = {each.body["Client"] for each in sandbox.journal.requests()}
    assert sent == {"Nightly"}


def test_identifiers_have_no_case_and_no_blanks(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    one, two = sandbox.enterprise_ids
    config = sandbox.config(
        enterprise_ids=[f" {one.upper()}", one, two.title()],
        chain_ids=[sandbox.chain_ids[0].upper()],
        extraction="pages",
    )
    assert run(tmp_path, config).code == 0


@pytest.mark.parametrize("padding", [" {}", "{}\n", "\t{}\r\n"])
@pytest.mark.parametrize("is_variable", [False, True])
@pytest.mark.parametrize(
    ("name", "stream"), [("enterprise_ids", "bills"), ("chain_ids", "customers")]
)
def test_blanks_around_identifiers_do_not_matter(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    stream: str,
    *,
    is_variable: bool,
    padding: str,
) -> None:
    key = {
        "enterprise_ids": sandbox.enterprise_ids,
        "chain_ids": sandbox.chain_ids,
    }[name][0]
    given = [padding.format(key)]
    config, label = sandbox.config(extraction="pages"), name
    if is_variable:
        label = f"TAP_MEWS_{name.upper()}"
        monkeypatch.setenv(label, json.dumps(given))
    else:
        config[name] = given
    path, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    path.write_text(json.dumps(config), "utf-8")
    catalog.write_text(json.dumps(select(stream)), "utf-8")
    done = command("--config", path, "--config", "ENV", "--catalog", catalog)
    assert done.code == 0
    assert f"WARNING {label}: removed white space around the value" in done.logs
    assert done.records[stream]
    assert done.bookmark(stream)["covers"] == [key]


@pytest.mark.parametrize("name", ["enterprise_ids", "chain_ids"])
def test_what_the_token_does_not_reach_is_named(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    strangers = [f"11111111-2222-4333-8444-{n:012}" for n in range(7)]
    known = {
        "enterprise_ids": sandbox.enterprise_ids,
        "chain_ids": sandbox.chain_ids,
    }[name]
    config = sandbox.config(**{name: [*known, *strangers]}, extraction="pages")
    line = one_line(run(tmp_path, config))
    assert line.startswith(f"{name}: the access token has no access to {strangers[0]}")
    assert line.endswith(f"{strangers[4]} and 2 more")


def test_what_cannot_be_listed_is_taken_as_it_is(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    one = sandbox.enterprise_ids[0]
    config = sandbox.config(
        access_token=sandbox.access.single_property(one), enterprise_ids=[one]
    )
    sandbox.access.revoke("enterprises/getAll")
    path, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    path.write_text(json.dumps(config), "utf-8")
    catalog.write_text(json.dumps(select("bills")), "utf-8")
    done = command("--config", path, "--catalog", catalog)
    assert done.code == 0
    assert {row["EnterpriseId"] for row in done.records["bills"]} == {one}


def test_a_start_in_the_future_is_one_warning(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.config(start_date="2030-01-01", extraction="pages")
    path, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    path.write_text(json.dumps(config), "utf-8")
    catalog.write_text(json.dumps(select("bills", "payments")), "utf-8")
    done = command("--config", path, "--catalog", catalog)
    assert done.code == 0
    told = [each for each in done.logs if each.startswith("WARNING")]
    assert len(told) == 1
    assert "start_date is in the future" in told[0]


def test_a_wrong_token_is_one_short_line(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.config(access_token=f"{SECRET}-{'0' * 40}")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    line = one_line(command("--config", path))
    assert "access_token" in line
    assert len(line) < 300
    sandbox.journal.clear()  # a wrong token is a breach, too
