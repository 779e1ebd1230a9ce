"""Runs the tap as a user does, in a folder that is removed with all rows in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from tap_mews.tap import TapMews
from tap_mews.timestamps import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[1]
ROWS = "rows.jsonl"
_IDENTIFIER = re.compile(r"(?<!RequestId )[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}\w{12}")
_REFUSED = re.compile(r"(?:^|; |\s)(\w+): ([\w/-]+): HTTP (40[13])\b")
_LEVEL = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b\s*\|?\s*(.*)")


class _Message(msgspec.Struct):
    type: str
    stream: str | None = None


class Runs:
    """Runs of the tap with the tokens of the environment."""

    def __init__(
        self, folder: Path, environment: dict[str, str], since: datetime
    ) -> None:
        """Write the settings.

        Args:
            folder: In which everything is written.
            environment: What the tap finds its tokens in.
            since: From when on rows are read.
        """
        self._folder = folder
        self._environment = {**os.environ, **environment, "PYTHONPATH": str(CHECKOUT)}
        moment = format_moment(since)
        settings: Json = {
            "start_date": moment,
            "skip_unauthorized_streams": True,
            "report_path": str(folder / "report.json"),
        }
        known = TapMews.config_jsonschema["properties"]
        if "reference_start_date" in known:
            settings["reference_start_date"] = moment
        (folder / "settings.json").write_text(json.dumps(settings), "utf-8")

    def test(self) -> Json:
        """Run `--test`."""
        code, log = self._run("--test")
        return {"exit_code": code, **_told(log)}

    def sync(self) -> Json:
        """Read every default stream, and count the rows that went out."""
        code, log = self._run()
        with (self._folder / ROWS).open("rb") as lines:
            rows = _counted(lines)
        file = self._folder / "report.json"
        report = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return {
            "exit_code": code,
            **_told(log),
            "outcome": report.get("outcome"),
            "streams": [
                _stream(each, rows[each["stream"]])
                for each in report.get("streams", ())
            ],
        }

    def _run(self, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "tap_mews", "--config", "ENV"]
        command += ["--config", "settings.json", *arguments]
        with (self._folder / ROWS).open("wb") as rows:
            done = subprocess.run(  # noqa: S603 - our own command
                command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=rows,
                stderr=subprocess.PIPE,
                check=False,
            )
        return done.returncode, done.stderr.decode()


def masked(text: str) -> str:
    """Leave the identifiers out of a line, all but those of requests."""
    return _IDENTIFIER.sub("…", text)


def _told(log: str) -> Json:
    """Give what a log warns of, and which operations of which streams are refused."""
    lines = [found[0] + " " + found[1] for found in _LEVEL.findall(log)]
    refused = {
        stream: {"operation": operation, "status": int(status)}
        for line in lines
        for stream, operation, status in _REFUSED.findall(line)
    }
    return {"refused": refused, "lines": [masked(line) for line in lines]}


def _counted(lines: Iterable[bytes]) -> Counter[str]:
    decode = msgspec.json.Decoder(_Message).decode
    messages = (decode(line) for line in lines)
    return Counter(
        each.stream for each in messages if each.type == "RECORD" and each.stream
    )


def _stream(reported: Json, rows: int) -> Json:
    """Take of a stream's report what identifies nobody."""
    return {
        "stream": reported["stream"],
        "complete": reported["complete"],
        "rows": rows,
        "ways": sorted({way for part in reported["parts"] for way in part["ways"]}),
        "requests": reported["requests"],
        "retries": reported["retries"],
        "drift": reported["drift"],
    }
