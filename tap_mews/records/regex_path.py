"""Cuts known drift out of the bytes of rows by regular expressions; checks the rest."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tap_mews.records.drift import ENTRIES
from tap_mews.records.fast_path import attributes_of, compile_fast_path
from tap_mews.records.finder import Values, object_finder
from tap_mews.records.scalars import Day, coerced_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_mews.records.drift import Drift, LearnedDrift, Path

MAX_MEMBERS = 64
"""Members or entries of a value that is cut, since `re` remembers each of them."""

DEEPEST = 2
"""Levels of objects and arrays in a value that is cut."""

_NAME = re.compile(r"\w")
"""Begins a name that is cut: nothing like it can follow the end of a string."""

_STRING = rb'"[^"\\\x00-\x1f]*"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
"""As JSON has them; strings that hold an escape are not cut."""


class RegexPath:
    """Cuts members by name and value, wherever they are in a row.

    That is right, since the schema has no member of such a name, and the rest must pass
    the fast path: so every one has been cut, and each whole.
    """

    def __init__(
        self, schema: Mapping[str, Any], learned: LearnedDrift, kept: str | None
    ) -> None:
        """Compile; only where `can_cut` says so.

        Args:
            schema: Of the rows.
            learned: How they may differ.
            kept: Property to put undocumented properties into, or None to drop them.
        """
        self._members = _members_named(learned.unknown) if learned.unknown else None
        self._tails = [_tail_of(path[-1]).sub for path in learned.coerced]
        self._decode = compile_fast_path(schema)
        self._keeper = None if kept is None else _Keeper(schema, learned, kept)

    def pass_on(self, row: bytes) -> tuple[bytes, bool]:
        """Check a row.

        Returns:
            The row without undocumented properties, or with those that are kept in
            their place; whether it had any.

        Raises:
            msgspec.DecodeError, UnicodeDecodeError, RecursionError: The row needs a
                closer look.
        """
        parts = self._members.split(row) if self._members else [row]
        has_undocumented = len(parts) > 1
        rest = b"".join(parts) if has_undocumented else row
        for replace in self._tails:
            rest = replace(b"", rest)
        self._decode(rest)
        if has_undocumented:
            _ = row.isascii() or row.decode()  # nothing else checks what was cut
            if self._keeper is not None:
                rest = self._keeper.added(rest, row, len(parts) - 1)
        return rest, has_undocumented


class _Keeper:
    """Keeps what was cut out of rows, by the places where it was."""

    def __init__(
        self, schema: Mapping[str, Any], learned: LearnedDrift, kept: str
    ) -> None:
        places = _places(schema, learned.tree)
        self._decode = msgspec.json.Decoder(places).decode
        self._find = object_finder(schema, learned.tree)
        self._kept = msgspec.json.encode(kept)

    def added(self, rest: bytes, row: bytes, count: int) -> bytes:
        """The rest of a row, with the members that were cut out of it.

        Raises:
            msgspec.DecodeError: Some were cut at another place, or are there twice.
        """
        values: Values = {}
        self._find(self._decode(row), "", values)
        if len(values) != count or not rest.endswith(b"}"):
            msg = "what was cut is not at the places that are known"
            raise msgspec.DecodeError(msg)
        return b"%b,%b:%b}" % (rest[:-1], self._kept, msgspec.json.encode(values))


def _places(schema: Mapping[str, Any], drift: Drift) -> Any:  # noqa: ANN401 - a type expression
    """The type of a value of which only what is undocumented is decoded."""
    if not drift:
        return Raw
    if "properties" not in schema:
        return list[_places(schema["items"], drift[ENTRIES])] | None  # type: ignore[misc]
    rules, attributes = schema["properties"], attributes_of(schema, drift)
    fields = [
        (
            attributes[name],
            _places(rules.get(name, {}), below) | UnsetType,
            msgspec.field(name=name, default=UNSET),
        )
        for name, below in drift.items()
    ]
    return msgspec.defstruct("Places", fields, gc=False) | None


def can_cut(schema: Mapping[str, Any], learned: LearnedDrift) -> bool:
    """Whether names are enough to know what differs."""
    names = Counter(_names(schema))
    return (
        None not in names
        and all(
            names[path[-1]] == 0 and _NAME.match(path[-1]) for path in learned.unknown
        )
        and all(
            names[path[-1]] == 1 and coerced_type(_rule_of(schema, path)) is Day
            for path in learned.coerced
        )
    )


def _names(schema: Mapping[str, Any]) -> Iterator[str | None]:
    """Each name of a schema, at any depth; None for a place where any name can be."""
    if schema.get("additionalProperties"):
        yield None
    for name, rule in (schema.get("properties") or {}).items():
        yield name
        yield from _names(rule)
    if "items" in schema:
        yield from _names(schema["items"])


def _members_named(paths: Iterable[Path]) -> re.Pattern[bytes]:
    """Matches members with the names of these properties, but the first of an object.

    Names are grouped by their first character, which makes many three times as fast.
    """
    groups = [
        b"%b(?:%b)" % (_escaped(first), b"|".join(_escaped(name[1:]) for name in group))
        for first, group in groupby(
            sorted({path[-1] for path in paths}), lambda name: name[:1]
        )
    ]
    return re.compile(rb',"(?:%b)":%b(?=[,}])' % (b"|".join(groups), _value(DEEPEST)))


def _escaped(text: str) -> bytes:
    return re.escape(text.encode())


def _value(depth: int) -> bytes:
    """Matches a value that is written without white space."""
    scalar = rb"%b|%b|true|false|null" % (_STRING, _NUMBER)
    if depth == 0:
        return rb"(?:%b)" % scalar
    inner, most = _value(depth - 1), MAX_MEMBERS
    members = rb'\{(?:%b:%b(?:,(?=")|(?=\}))){0,%d}\}' % (_STRING, inner, most)
    entries = rb"\[(?:%b(?:,(?!\])|(?=\]))){0,%d}\]" % (inner, most)
    return rb"(?:%b|%b|%b)" % (scalar, members, entries)


def _tail_of(name: str) -> re.Pattern[bytes]:
    """Matches the midnight behind the day that is the value of a property."""
    before = rb'(?<=%b:"[0-9-]{10}T00:00:00)' % re.escape(msgspec.json.encode(name))
    return re.compile(rb'T00:00:00%b(?:\.0+)?(?:Z|\+00:00)?(?=")' % before)


def _rule_of(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """What a schema says of a property."""
    for name in path:
        schema = schema["items"] if name == ENTRIES else schema["properties"][name]
    return schema
