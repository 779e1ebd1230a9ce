"""Cuts known drift out of many rows at once by regular expressions; checks the rest."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
import pcre2  # type: ignore[import-untyped]
from msgspec import UNSET, Raw, UnsetType

from tap_mews.records.drift import ENTRIES
from tap_mews.records.fast_path import REFUSALS, attributes_of, compile_fast_path
from tap_mews.records.finder import Values, object_finder
from tap_mews.records.scalars import Day, coerced_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_mews.records.drift import Attempt, Drift, LearnedDrift, Path

_NAME = re.compile(r"\w")
"""Begins a name that is cut: nothing like it can follow the end of a string."""

_VALUE = rb"""(?x:(?(DEFINE)
    (?<string> " (?: [^"\\\x00-\x1f]++ | \\ (?: ["\\/bfnrt] | (?&code) ) )*+ " )
    (?<code> u (?![dD][89a-fA-F]) [0-9a-fA-F]{4} )  # no half of a surrogate pair
    (?<number> -?+ (?:0|[1-9][0-9]*+) (?:\.[0-9]++)?+ (?:[eE][+-]?+[0-9]++)?+ )
    (?<member> (?&string) : (?&value) )
    (?<value>
        (?&string) | (?&number) | true | false | null
        | \{ (?: (?&member) (?: , (?&member) )*+ )?+ \}
        | \[ (?: (?&value) (?: , (?&value) )*+ )?+ \]
    )
))"""
"""Defines JSON that is written without white space."""

_BETWEEN = b"\x00"
"""Stands between rows. No JSON has it, so nothing that is cut spans two of them."""

_encode = msgspec.json.Encoder().encode

AT_ONCE = 100
"""Rows: a call costs as much as cutting a few, and holds each of them three times."""


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
        self._members = learned.unknown and _compiled(_members_named(learned.unknown))
        self._midnights = learned.coerced and _compiled(_midnights_of(learned.coerced))
        self._decode = compile_fast_path(schema)
        self._keeper = None if kept is None else _Keeper(schema, learned, kept)

    def attempts(self, rows: Sequence[bytes]) -> Iterator[Attempt]:
        """Check rows.

        Yields:
            For each row: as it is without undocumented properties, or with those that
            are kept in their place, and whether it had any. None if it needs a closer
            look.
        """
        decode, keeper = self._decode, self._keeper
        cut = _without(self._members, rows)
        rests = _without(self._midnights, cut)
        for row, known, rest in zip(rows, cut, rests, strict=True):
            missing = len(row) - len(known)
            result = rest
            try:
                decode(rest)
                if missing:
                    # nothing else checks what was cut
                    _ = row.isascii() or row.decode()
                    if keeper is not None:
                        result = keeper.added(rest, row, missing)
            except REFUSALS:
                yield None
            else:
                yield result, missing > 0


class _Keeper:
    """Keeps what was cut out of rows, by the places where it was."""

    def __init__(
        self, schema: Mapping[str, Any], learned: LearnedDrift, kept: str
    ) -> None:
        places = _places(schema, learned.tree)
        self._decode = msgspec.json.Decoder(places).decode
        self._find = object_finder(schema, learned.tree)
        self._kept = msgspec.json.encode(kept)

    def added(self, rest: bytes, row: bytes, missing: int) -> bytes:
        """The rest of a row, with the members that were cut out of it.

        Args:
            rest: What is left of the row.
            row: As it came.
            missing: How many bytes the members took.

        Raises:
            msgspec.DecodeError: Some were cut at another place, or are there twice.
        """
        values: Values = {}
        self._find(self._decode(row), "", values)
        found = _encode(values)
        # a pointer has what stands before its last slash in addition to the member
        longer = sum(pointer.rindex("/") for pointer in values)
        if len(found) - longer - len(values) - 1 != missing or rest[-1:] != b"}":
            msg = "what was cut is not at the places that are known"
            raise msgspec.DecodeError(msg)
        return b"%b,%b:%b}" % (rest[:-1], self._kept, found)


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


def _members_named(paths: Iterable[Path]) -> bytes:
    """Matches members with the names of these properties, but the first of an object.

    Names are grouped by their first character, which makes many of them twice as fast.
    """
    groups = [
        b"%b(?:%b)" % (_escaped(first), b"|".join(_escaped(name[1:]) for name in group))
        for first, group in groupby(
            sorted({path[-1] for path in paths}), lambda name: name[:1]
        )
    ]
    return rb',"(?:%b)":(?&value)(?=[,}])%b' % (b"|".join(groups), _VALUE)


def _midnights_of(paths: Iterable[Path]) -> bytes:
    """Matches the midnight behind the days that are the values of these properties."""
    names = b"|".join(sorted(_escaped(path[-1]) for path in paths))
    return rb'"(?:%b)":"[0-9-]{10}\KT00:00:00(?:\.0+)?(?:Z|\+00:00)?(?=")' % names


def _escaped(text: str) -> bytes:
    return re.escape(text.encode())


def _compiled(pattern: bytes) -> pcre2.Pattern:
    try:
        return pcre2.compile(pattern)
    except pcre2.LibraryError:
        # a system that lets no process make code, such as a hardened one
        return pcre2.compile(pattern, jit=False)


def _without(pattern: pcre2.Pattern | None, rows: Sequence[bytes]) -> Sequence[bytes]:
    """Cut what a pattern matches out of rows, of many in one call."""
    if not pattern:
        return rows
    found: list[bytes] = []
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        try:
            cut = pattern.sub(b"", _BETWEEN.join(some)).split(_BETWEEN)
        except pcre2.LibraryError:  # one is nested too deeply
            cut = []
        # one of them with a NUL makes more than there were
        found += cut if len(cut) == len(some) else some
    return found


def _rule_of(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """What a schema says of a property."""
    for name in path:
        schema = schema["items"] if name == ENTRIES else schema["properties"][name]
    return schema
