"""Lists what the reports of runs name as undocumented beside what the facts say.

The report that the setting `report_path` asks for has the JSON types that were seen,
and no values: it can be attached to an issue.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from drift.forms import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drift.known import Known

Json: TypeAlias = dict[str, Any]


class Undocumented(msgspec.Struct, frozen=True, kw_only=True):
    """A property that rows had and the schema of the tap that read them had not.

    Attributes:
        stream: Of the rows.
        path: Of the property, in the terms of the facts.
        types: JSON types that were seen.
        facts: How the facts know it: `yes`, `draft`, `example only` or `no`, as in
            `documented` of a property; None if they do not.
        facts_types: The types that they give it.
        in_schema: Whether the schema of this checkout has it.
    """

    stream: str
    path: str
    types: tuple[str, ...]
    facts: str | None
    facts_types: tuple[str, ...]
    in_schema: bool


def read_report(file: Path) -> Json:
    """Read a report.

    Raises:
        DocumentError: It is none.
    """
    try:
        report = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"{file} cannot be read: {error}"
        raise DocumentError(msg) from None
    if not isinstance(report, dict) or report.get("tap") != "tap-mews":
        msg = f"{file} is no report of tap-mews; report_path names its file"
        raise DocumentError(msg)
    return report


def undocumented(known: Known, report: Json) -> list[Undocumented]:
    """List every undocumented property that a report names.

    Args:
        known: The facts and the schemas.
        report: Of a run or of `make live`.
    """
    return [
        _beside(known, each["stream"], path, types)
        # the live check has the report of its sync inside
        for each in report.get("sync", report)["streams"]
        for path, types in _seen(each["drift"]["unknown_properties"])
    ]


def _seen(unknown: Json | list[str]) -> Iterator[tuple[str, list[str]]]:
    # reports of 0.1 have the names alone
    names = unknown if isinstance(unknown, dict) else {n: [] for n in unknown}
    for path, types in names.items():
        yield path.removeprefix("$."), types


def _beside(known: Known, stream: str, path: str, types: list[str]) -> Undocumented:
    fact = known.facts.streams.get(stream)
    property_ = known.columns(fact).get(path) if fact else None
    return Undocumented(
        stream=stream,
        path=path,
        types=tuple(types),
        facts=property_.documented if property_ else None,
        facts_types=property_.types if property_ else (),
        in_schema=path in known.stated(stream),
    )
