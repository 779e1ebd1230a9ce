"""What `make drift` and `make facts` run.

Exit codes: 0 without a difference, 1 with one, 2 if something cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drift.comparison import compare
from drift.forms import DocumentError
from drift.known import SCHEMAS, Known
from drift.openapi import fetch, read
from drift.renewal import renew
from drift.reports import read_report, undocumented
from facts.loading import FOLDER
from tap_mews.tables import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drift.difference import Difference
    from drift.reports import Undocumented

MAX_SHOWN = 60
"""Characters of a value in the table; JSON has all of it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    asked = _parser().parse_args(arguments)
    known = Known(asked.facts, asked.schemas)
    try:
        if asked.command == "report":
            return _report(known, asked.source, as_json=asked.json)
        document = read(fetch(asked.source))
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    for line in document.unclear:
        print(f"Not compared: {line}", file=sys.stderr)
    differences = compare(known, document)
    if asked.command == "renew":
        today = datetime.now(timezone.utc).date()
        for line in renew(known, document, today):
            print(line)
        return 0
    _show(differences, _differences(differences), as_json=asked.json)
    return 1 if differences else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m drift", description=__doc__)
    parser.add_argument("command", choices=["openapi", "report", "renew"])
    parser.add_argument("source", help="a file, or the address of an OpenAPI document")
    parser.add_argument("--json", action="store_true", help="instead of a table")
    parser.add_argument("--facts", type=Path, default=FOLDER)
    parser.add_argument("--schemas", type=Path, default=SCHEMAS)
    return parser


def _report(known: Known, file: str, *, as_json: bool) -> int:
    found = undocumented(known, read_report(Path(file)))
    _show(found, _undocumented(found), as_json=as_json)
    return 0 if all(each.in_schema for each in found) else 1


def _show(
    found: Sequence[Difference] | Sequence[Undocumented],
    rows: list[list[str]],
    *,
    as_json: bool,
) -> None:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    elif found:
        print("\n".join(aligned(rows)))
    else:
        print("No difference.")


def _differences(found: Sequence[Difference]) -> list[list[str]]:
    return [
        ["what", "of", "path", "facts", "document", "streams"],
        *(
            [
                each.kind,
                each.of,
                each.path,
                _shown(each.facts),
                _shown(each.document),
                ", ".join(each.streams),
            ]
            for each in found
        ),
    ]


def _undocumented(found: Sequence[Undocumented]) -> list[list[str]]:
    return [
        ["stream", "property", "seen", "documented", "facts", "schema"],
        *(
            [
                each.stream,
                each.path,
                ", ".join(each.types),
                each.facts or "",
                ", ".join(each.facts_types),
                "has it" if each.in_schema else "lacks it",
            ]
            for each in found
        ),
    ]


def _shown(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


if __name__ == "__main__":
    sys.exit(main())
