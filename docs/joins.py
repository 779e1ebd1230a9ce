"""Which column leads where, as the facts know it, for docs/joins.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs.generated import table
from facts import STREAMS as FACTS
from facts import Join, columns
from tap_mews.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facts import Stream

TAPPED = {each.name: FACTS[each.name] for each in STREAMS}
BY_ENTITY = {stream.entity: stream for stream in TAPPED.values()}

SAID_ONCE = {
    "EnterpriseId": "enterprises",
    "Currency": "currencies",
    "CountryCode": "countries",
    "TaxRateCode": "tax_rates",
}
"""Names that lead to the same stream wherever they are: the page says so once."""

PICTURED = (
    *("reservations", "reservation_groups", "companionships", "customers"),
    *("order_items", "bills", "payments", "ledger_entries", "accounting_categories"),
    *("services", "enterprises", "rates", "products", "business_segments"),
    *("resource_categories", "resource_category_assignments", "resources"),
    *("source_assignments", "sources"),
)
"""The streams of the picture; with all of them nobody could read it."""


def joins(stream: Stream) -> tuple[Join, ...]:
    """What the columns of a stream lead to, those that `SAID_ONCE` has left out.

    Columns that Mews advises against are left out, and so are columns of lists and
    variants, unless the facts name them as joins.
    """
    named = {each.column for each in stream.joins}
    referring = [
        Join(column=path, stream=BY_ENTITY[entity].name, to=BY_ENTITY[entity].key[0])
        for path, known in columns(stream).items()
        if path not in named and not known.deprecated and not {*path} & {"[", "|", "*"}
        for entity in known.refers_to
        if entity in BY_ENTITY
    ]
    return tuple(
        each
        for each in sorted([*stream.joins, *referring], key=lambda join: join.column)
        if each.stream in TAPPED and _last(each.column) not in SAID_ONCE
    )


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def joins_table() -> str:
    """A row for each column that leads to another stream."""
    return table(
        ("Stream", "Column", "Leads to"),
        [
            (f"`{stream.name}`", f"`{column}`", _leads_to(stream, column))
            for stream in TAPPED.values()
            for column in dict.fromkeys(each.column for each in joins(stream))
        ],
    )


def _leads_to(stream: Stream, column: str) -> str:
    meant = [each for each in joins(stream) if each.column == column]
    places = " or ".join(f"`{each.stream}.{each.to}`" for each in meant)
    (by,) = {each.by for each in meant}
    return f"{places}, as `{by}` says" if by else places


def picture() -> str:
    """The main streams in a diagram of Mermaid."""
    lines = [
        f'  {stream} }}o--o| {to} : "{", ".join(names)}"'
        for stream in PICTURED
        for to, names in _pictured(joins(TAPPED[stream]))
        if to != stream
    ]
    lines.append('  services }o--|| enterprises : "EnterpriseId"')
    return "\n".join(["```mermaid", "erDiagram", *lines, "```"])


def _pictured(found: Iterable[Join]) -> list[tuple[str, list[str]]]:
    names: dict[str, list[str]] = {}
    for each in found:
        if each.stream in PICTURED and "[]" not in each.column:
            names.setdefault(each.stream, []).append(_last(each.column))
    return [(to, list(dict.fromkeys(columns))) for to, columns in names.items()]
