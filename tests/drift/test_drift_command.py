"""`make drift` and `make facts`, as a person runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import yaml

from drift.__main__ import main
from facts.loading import FOLDER
from tests.drift.test_openapi_drift import OF_ENTITIES, changed
from tests.harness import FastClock, select, sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox

Json: TypeAlias = dict[str, Any]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the files of the folder are served."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def written(folder: Path, name: str | None, *, as_yaml: bool = False) -> str:
    """A document with a change, or without one, in a file."""
    change = OF_ENTITIES[name][0] if name else lambda _operations, _entities: None
    text = changed(change)
    if as_yaml:
        text = yaml.safe_dump(json.loads(text), sort_keys=False).encode()
    file = folder / "swagger.yaml"
    file.write_bytes(text)
    return str(file)


def test_no_difference_is_exit_code_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["openapi", written(tmp_path, None)]) == 0
    assert capsys.readouterr().out == "No difference.\n"


def test_a_difference_is_a_line_of_a_table_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["openapi", written(tmp_path, "a new member", as_yaml=True)]) == 1
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["what", "of", "path", "facts", "document", "streams"]
    assert line.split() == ["new", "member", "Payment", "State", "Lost", "payments"]


def test_a_difference_is_told_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["openapi", written(tmp_path, "another type"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "kind": "type",
            "of": "Payment",
            "path": "Notes",
            "facts": "string",
            "document": "number",
            "streams": ["payments"],
            "schemas": {"payments": ["Notes"]},
        }
    ]


def test_the_document_can_have_an_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    written(tmp_path, None)
    assert main(["openapi", f"{address}/swagger.yaml"]) == 0
    assert main(["openapi", f"{address}/nothing.yaml"]) == 2
    assert "404" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[a: {", "neither YAML nor JSON"),
        ('{"a":', "neither YAML nor JSON"),
        ('{"openapi": "3.0.4"}', "no OpenAPI 3.0: info: Field required"),
        (
            '{"openapi": "3.1.0", "info": {"title": "", "version": ""}}',
            "no OpenAPI 3.0",
        ),
        ("swagger: '2.0'", "no OpenAPI 3.0"),
    ],
)
def test_what_is_no_such_document_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    file = tmp_path / "swagger.yaml"
    file.write_text(text, "utf-8")
    assert main(["openapi", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert "Traceback" not in err


def test_make_runs_it(tmp_path: Path) -> None:
    """The command of the Makefile, with the options in its variables."""
    alone = {
        name: value
        for name, value in os.environ.items()
        # as a user runs it, who has no make around it
        if name not in {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}
    }
    done = subprocess.run(
        ["make", "--dry-run", "drift", "OPENAPI=a.yaml", "JSON=1"],  # noqa: S607
        cwd=FOLDER.parent,
        env=alone,
        capture_output=True,
        text=True,
        check=True,
    )
    command = done.stdout.splitlines()[-1].split("-m drift ")[1]
    assert command == "openapi a.yaml --json"
    file = written(tmp_path, "a new property")
    run = [sys.executable, "-m", "drift", "openapi", file]
    assert subprocess.run(run, cwd=FOLDER.parent, check=False).returncode == 1


@pytest.fixture
def report(sandbox: Sandbox, tmp_path: Path) -> Path:
    """Of a run whose rows had undocumented properties."""
    inside = {"s3cr3t": 1}
    row = sandbox.new_row("Bill", Surprise="s3cr3t", Inside=inside)
    sandbox.put("Bill", row)
    file = tmp_path / "report.json"
    config = sandbox.config(report_path=str(file))
    sync(config, catalog=select("bills"), clock=FastClock(sandbox)).ok()
    return file


def test_undocumented_properties_stand_beside_the_facts(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(report), "--json"]) == 1
    text = capsys.readouterr().out
    found = {each["path"]: each for each in json.loads(text)}
    assert found["Surprise"] == {
        "stream": "bills",
        "path": "Surprise",
        "types": ["string"],
        "facts": None,
        "facts_types": [],
        "in_schema": False,
    }
    assert found["Inside"]["types"] == ["object"]
    assert "s3cr3t" not in text


def test_a_report_of_an_older_schema_finds_what_this_one_has(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user of an old version reports what has been known for long."""
    told = json.loads(report.read_text("utf-8"))
    told["streams"][0]["drift"]["unknown_properties"] = {"$.Notes": ["string"]}
    report.write_text(json.dumps(told), "utf-8")
    assert main(["report", str(report)]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split() == ["bills", "Notes", "string", "yes", "string", "has", "it"]


def test_a_report_that_names_nothing_is_exit_code_0(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(report.read_text("utf-8"))
    told["streams"][0]["drift"]["unknown_properties"] = {}
    report.write_text(json.dumps(told), "utf-8")
    assert main(["report", str(report)]) == 0
    assert capsys.readouterr().out == "No difference.\n"


@pytest.mark.parametrize("text", ["", "[]", '{"tap": "tap-other"}'])
def test_what_is_no_report_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    file = tmp_path / "report.json"
    file.write_text(text, "utf-8")
    assert main(["report", str(file)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
