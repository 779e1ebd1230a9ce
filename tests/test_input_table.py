"""Every setting, with every kind of input, by every way in: exact rows or one line.

    .venv/bin/python -m pytest tests/test_input_table.py -rP

prints the table. A cell says what became of the input; none may be empty.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from tap_mews.settings import CONFIG, Settings
from tap_mews.settings.schema import OWN
from tap_mews.tap import TapMews
from tests.harness import Json, Result, command, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "s3cr3t-c0ffee"
STREAM = "enterprises"
REACHED = "2026-02-01T00:00:00Z"
TAKEN, REFUSED = "taken", "refused"

TapMews.append_builtin_config(CONFIG)
OPTIONS: Json = CONFIG["properties"]

RIGHT: Json = {
    "client_name": "Nightly 2.1",
    "start_date": "2026-01-01",
    "reference_start_date": "2026-01-01",
    "end_date": "2026-12-31T12:00:00+02:00",
    "extraction": "pages",
    "max_concurrency": 3,
    "skip_unauthorized_streams": True,
    "on_invalid_record": "warn",
    "spool_directory": ".",
    "report_path": "report.json",
    "stream_maps": {STREAM: {"__filter__": "Id != Name"}},
    "stream_map_config": {"salt": "pepper"},
    "faker_config": {"seed": 1, "locale": "de_AT"},
    "flattening_enabled": False,
    "flattening_max_depth": 2,
    "flattening_max_key_length": 60,
    "flattening_separator": "_",
    "batch_config": {},
}
"""A right value of each setting that has no default, or another one."""

KINDS: dict[str, Callable[[Any], Any]] = {
    "right": lambda right: right,
    "null": lambda _: None,
    "empty": lambda _: "",
    "blank": lambda _: "  ",
    "line end": lambda right: f"{right}\n",
    "quoted": lambda right: f'"{right}"',
    "text": lambda _: SECRET,
    "control": lambda right: f"{right}\x07",
    "surrogate": lambda right: f"{right}\udce9",
    "true": lambda _: True,
    "zero": lambda _: 0,
    "negative": lambda _: -1,
    "huge": lambda _: 10**30,
    "fraction": lambda _: 1.5,
    "no list": lambda _: [],
    "null list": lambda _: [None],
    "text list": lambda _: [SECRET],
    "padded list": lambda right: (
        [f" {each}\n" for each in right] if isinstance(right, list) else [f" {right}"]
    ),
    "commas": lambda right: f"{right}, {right}",
    "lost bracket": lambda right: json.dumps([right])[:-1],
    "no object": lambda _: {},
    "object": lambda _: {"moods": {"moods": SECRET}},
    "year 1": lambda _: "0001-01-01T00:00:00+05:00",
    "year 9999": lambda _: "9999-12-31T23:00:00-05:00",
}
"""Kinds of input, made of a right value."""

CHANNELS = ("file", "pipe", "variable", "untyped variable")
"""The ways in. Meltano writes a variable as Python text if a setting has no kind."""

PIPED = {"right", "text"}
"""A pipe is read as a file is, so these two kinds show what becomes of the others."""

TEXTS = {"empty", "blank", "line end", "quoted", "text", "control", "surrogate"}
TEXTS |= {"commas", "lost bracket", "year 1", "year 9999"}
UNSEEN = {"empty", "blank", "control", "surrogate"}

ANY_TEXT = {"client_name", "report_path", "flattening_separator"}
"""Settings whose text can be any, or nearly any."""


def taken(option: str, channel: str) -> set[str]:
    """The kinds of input that a setting takes, by what the README says of them."""
    rule, is_file = OPTIONS[option], "variable" not in channel
    kinds = set(rule["type"])
    if option in ANY_TEXT:
        texts = TEXTS if is_file else set(KINDS)
        unseen = set() if option == "flattening_separator" else UNSEEN
        return {"right", "null"} | (texts - unseen)
    if option == "access_tokens":
        # one of the two settings for tokens must be there
        return set() if channel == "untyped variable" else {"right"}
    if "string" in kinds:
        can_be_null = is_file and "null" in kinds and option != "access_token"
        null = {"null"} if can_be_null else set()
        return {"right", "line end"} | null
    found = {"right", "null"}
    if "array" in kinds:
        found |= {"padded list"}
    elif "boolean" in kinds:
        # to be enabled, flattening needs a depth as well
        found |= set() if option == "flattening_enabled" else {"true"}
        found |= set() if is_file else {"line end"}
    elif "integer" in kinds:
        found |= set() if is_file else {"line end"}
        found |= {"zero"} if rule.get("minimum", 0) <= 0 else set()
        found |= {"huge"} if "maximum" not in rule else set()
        found -= {"zero"} if option == "flattening_max_key_length" else set()
    else:
        anything = option in {"stream_map_config", "faker_config"}
        found |= {"no object"} | ({"object"} if anything else set())
        found |= {"line end"} if not is_file and RIGHT[option] == {} else set()
    if channel == "untyped variable":
        # `None`, `['…']` and `{'…': …}` are no JSON
        found -= {"null", "padded list", "object"}
        found -= set() if "integer" in kinds or "boolean" in kinds else {"right"}
        found |= {"right"} if RIGHT.get(option) == {} else set()
    return found


@pytest.fixture(scope="module")
def hotels() -> Iterator[Sandbox]:
    """Two hotels that nobody changes."""
    with Sandbox(properties=2, days=3, reservations_per_day=1) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield sandbox


@pytest.fixture
def synced(hotels: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let runs with equal settings happen once: a run depends on nothing else."""
    seen: set[tuple[Settings, str]] = set()
    sync_all = TapMews.sync_all

    def once(tap: TapMews) -> None:
        rest = {name: tap.config[name] for name in tap.config.keys() - OWN}
        key = tap.settings, json.dumps(rest, sort_keys=True)
        # without an address it is that of Mews, which no test asks
        if key not in seen and tap.settings.api_url == hotels.url:
            sync_all(tap)
            seen.add(key)

    monkeypatch.setattr(TapMews, "sync_all", once)
    yield
    assert seen


def run(
    patch: pytest.MonkeyPatch, folder: Path, channel: str, option: str, value: object
) -> Result:
    """Run the command line with one setting, given in some way, beside the others."""
    options = ["--config", str(folder / "others.json"), "--config"]
    reader = None
    if channel == "file":
        others = json.loads((folder / "others.json").read_text("utf-8"))
        options = ["--config", str(folder / "all.json")]
        (folder / "all.json").write_text(json.dumps({**others, option: value}), "utf-8")
    elif channel == "pipe":
        reader, writer = os.pipe()
        os.write(writer, json.dumps({option: value}).encode())
        os.close(writer)
        options.append(f"/dev/fd/{reader}")
    else:
        written = str if channel == "untyped variable" else json.dumps
        text = value if isinstance(value, str) else written(value)
        patch.setenv(f"TAP_MEWS_{option.upper()}", text)
        options.append("ENV")
    for name in ("catalog", "state"):
        options += [f"--{name}", str(folder / f"{name}.json")]
    try:
        return command(*options)
    finally:
        if reader is not None:
            os.close(reader)


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize("option", OPTIONS)
def test_a_setting_is_taken_or_refused_in_one_line(
    hotels: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(TapMews, "print_version", lambda **_: None)  # takes time
    config = hotels.config(
        enterprise_ids=hotels.enterprise_ids, chain_ids=hotels.chain_ids
    )
    others = {"extraction": "pages", **hotels.config()}
    config["access_tokens"] = {"Hotel": others["access_token"]}
    if option == "access_tokens":
        del others["access_token"]
    documents = {
        "others": {name: each for name, each in others.items() if name != option},
        "catalog": select(STREAM),
        "state": {"bookmarks": {STREAM: {"replication_key_value": REACHED}}},
    }
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document), "utf-8")
    right = RIGHT.get(option, config.get(option, OPTIONS[option].get("default")))
    table = [f"{option:<26}" + "".join(f"{each:<18}" for each in CHANNELS)]
    for kind, made in KINDS.items():
        cells = []
        for channel in CHANNELS:
            if channel == "pipe" and kind not in PIPED:
                cells.append("as file")
                continue
            if channel == "untyped variable" and isinstance(made(right), str):
                cells.append("as variable")
                continue
            with monkeypatch.context() as patch:
                done = run(patch, tmp_path, channel, option, made(right))
            where = f"{option}, {kind}, {channel}: {done.errors}"
            cells.append(REFUSED if done.code else TAKEN)
            expected = TAKEN if kind in taken(option, channel) else REFUSED
            assert cells[-1] == expected, where
            assert SECRET not in "\n".join(done.errors), where
            bookmarks = [each["bookmarks"][STREAM] for each in done.states]
            reached = {each["replication_key_value"] for each in bookmarks}
            if done.code == 0 and done.lines:
                rows = {row["Id"] for row in done.records[STREAM]}
                assert rows == {*hotels.enterprise_ids}, where
                assert max(reached) > REACHED, where
            elif done.code:
                (line,) = done.errors
                assert option in line.lower(), where
                assert "\n" not in line, where
                assert reached <= {REACHED}, where
                assert done.records == {}, where
        table.append(f"  {kind:<24}" + "".join(f"{cell:<18}" for cell in cells))
    print("\n".join(table))  # noqa: T201 - the table
