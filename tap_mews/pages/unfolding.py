"""Makes rows of answers that hold lists with a value for each time unit."""

from __future__ import annotations

from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_mews.timestamps import parse_moment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

STARTS = "TimeUnitStartsUtc"
"""Of an answer: when each time unit begins."""

COLUMN = "TimeUnitStartUtc"
"""Of a row: when its time unit begins."""

NO_MAPS: Mapping[str, Collection[str]] = MappingProxyType({})
NO_LISTS: Mapping[str, str | None] = MappingProxyType({})

_Values = list[msgspec.Raw] | None
_Entry = dict[str, msgspec.Raw]


class Unfolded(NamedTuple):
    """What an answer was unfolded to.

    Attributes:
        rows: JSON of a row for each entry and time unit.
        may_break: Whether a row can have a line break in it.
        starts: When the time units begin.
    """

    rows: list[bytes]
    may_break: bool
    starts: list[datetime]


class Unfolding:
    """Unfolds the entries of an answer, such as resource categories.

    What else an entry has, documented or not, is in each of its rows.
    """

    def __init__(
        self,
        entries: str,
        *,
        maps: Mapping[str, Collection[str]] = NO_MAPS,
        lists: Mapping[str, str | None] = NO_LISTS,
    ) -> None:
        """Compile the decoder.

        Args:
            entries: Property of the answer that holds them.
            maps: Properties of an entry that hold lists under the names of columns,
                with those that are documented; the others may hold anything.
            lists: Properties of an entry that hold a list, with the column for its
                values; None to leave them out.
        """
        self._maps = maps
        self._lists = lists
        answer = msgspec.defstruct(
            "Result",
            [
                ("units", _Values, msgspec.field(name=STARTS)),
                ("entries", list[_Entry] | None, msgspec.field(name=entries)),
            ],
        )
        self._decode = msgspec.json.Decoder(answer).decode

    def decode(self, body: bytes) -> Unfolded:
        """Decode a body.

        Raises:
            msgspec.ValidationError: It is JSON of another form, or a list has not one
                value for each time unit.
            msgspec.DecodeError: It is not JSON.
        """
        answer: Any = self._decode(body)
        units = answer.units or []
        rows = [
            row for entry in answer.entries or () for row in self._rows(entry, units)
        ]
        may_break = b"\n" in body or b"\r" in body
        return Unfolded(rows, may_break, list(_moments(units)))

    def _rows(self, entry: _Entry, units: list[msgspec.Raw]) -> Iterator[bytes]:
        columns = dict(self._columns(entry, len(units)))
        folded = {*self._maps, *self._lists}
        rest = {name: entry[name] for name in entry if name not in folded}
        for place, unit in enumerate(units):
            own = {name: values[place] for name, values in columns.items()}
            yield msgspec.json.encode({**rest, COLUMN: unit, **own})

    def _columns(
        self, entry: _Entry, count: int
    ) -> Iterator[tuple[str, list[msgspec.Raw]]]:
        for name, documented in self._maps.items():
            found = msgspec.json.decode(
                entry.get(name, b"null"), type=dict[str, msgspec.Raw] | None
            )
            for column, value in (found or {}).items():
                try:
                    values = _values(column, value, count)
                except msgspec.ValidationError:
                    if column in documented:
                        raise
                    continue
                if values is not None:
                    yield column, values
        for name, column in self._lists.items():
            if column is None:
                continue
            values = _values(column, entry.get(name, b"null"), count)
            if values is not None:
                yield column, values


def _moments(units: list[msgspec.Raw]) -> Iterator[datetime]:
    """The units that are moments; a row of another one is an invalid record."""
    for unit in units:
        with suppress(msgspec.DecodeError, ValueError):
            yield parse_moment(msgspec.json.decode(unit, type=str))


def _values(column: str, text: msgspec.Raw | bytes, count: int) -> _Values:
    """The values of a column, one for each time unit, or None if it is null.

    Raises:
        msgspec.ValidationError: It is something else.
    """
    values: _Values = msgspec.json.decode(text, type=_Values)
    if values is not None and len(values) != count:
        msg = f"{column} has {len(values)} values for {count} time units"
        raise msgspec.ValidationError(msg)
    return values
