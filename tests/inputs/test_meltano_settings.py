"""Settings of which Meltano has dropped something are refused in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.harness import Json, command
from tests.inputs.runs import SECRET, TOKENS, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox


pytestmark = pytest.mark.days(8)

MELTANO: dict[str, tuple[Json, str, str]] = {
    "a token whose name has a dot": (
        {"access_tokens": {"Prague": f"{SECRET}-1"}},
        f'{{"St. Moritz": "{SECRET}-2", "Prague": "{SECRET}-1"}}',
        "access_tokens must have names without dots; Meltano drops the others",
    ),
    "all tokens": (
        {"access_tokens": {}},
        f'{{"St. Moritz": "{SECRET}-2"}}',
        "access_tokens must have names without dots",
    ),
    "null for a property": (
        {"stream_maps": {"bills": {"Name": "md5(Name)"}}},
        '{"bills.Name": "md5(Name)", "bills.Notes": null}',
        "stream_maps.bills.Notes must be __NULL__; Meltano drops null",
    ),
    "nothing but null": (
        {"stream_maps": {}},
        '{"bills.__else__": null}',
        "stream_maps.bills.__else__ must be __NULL__",
    ),
}
"""What is left of settings in the file of Meltano, and its variable with all of it."""


@pytest.mark.parametrize("kind", MELTANO)
def test_what_meltano_dropped_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    settings, variable, words = MELTANO[kind]
    (name,) = settings
    access = {} if name == "access_tokens" else TOKENS
    path = tmp_path / "config.json"
    config = {"client_token": TOKENS["client_token"], **access, **settings}
    path.write_text(json.dumps(config), "utf-8")
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAMESPACE", "tap_mews__one")
    monkeypatch.setenv(f"TAP_MEWS_{name.upper()}", variable)
    assert words in one_line(command("--config", path))


@pytest.mark.parametrize(
    ("maps", "variable"),
    [
        ({"bills": {"Notes": None}}, '{"bills": {"Notes": null}}'),
        ({"bills": {"Notes": None}}, '{"bills.Notes": null}'),
        ({"bills": None}, '{"bills": null}'),
        ({"bills": {"Notes": "__NULL__"}}, '{"bills.Notes": "__NULL__"}'),
        ({"bills": {"Name": "Name"}}, "none"),
    ],
)
def test_what_meltano_did_not_drop_is_no_error(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    maps: Json,
    variable: str,
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config(stream_maps=maps)), "utf-8")
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAMESPACE", "tap_mews")
    monkeypatch.setenv("TAP_MEWS_STREAM_MAPS", variable)
    assert command("--config", path, "--test=schema").code == 0
