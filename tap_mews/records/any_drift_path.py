"""Checks rows whose drift is not known yet, object by object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw

from tap_mews.records.drift import ANYWHERE, ENTRIES, Path, RowDrift, token
from tap_mews.records.fast_path import REFUSALS, compile_fast_path
from tap_mews.records.scalars import Coerced, coerced_json, coerced_type

Split: TypeAlias = Callable[[Any, str, RowDrift], Any]
"""Takes a part of a row apart, given as JSON, with its JSON Pointer."""

_members = msgspec.json.Decoder(dict[str, Raw] | None).decode
_entries = msgspec.json.Decoder(list[Raw] | None).decode
_join = msgspec.json.Encoder().encode


class AnyDriftPath:
    """Checks rows that differ from their schema without violating it."""

    def __init__(self, schema: Mapping[str, Any], kept: str | None) -> None:
        """Compile.

        Args:
            schema: Of the rows.
            kept: Property to put undocumented properties into, or None to drop them.
        """
        self._decode = compile_fast_path(schema, ANYWHERE)
        self._split = _object_splitter(schema.get("properties") or {}, ())
        self._kept = kept

    def pass_on(self, row: bytes) -> tuple[bytes, RowDrift]:
        """Check a row.

        Returns:
            The row without undocumented properties, or with those that are kept in
            their place; how it differed.

        Raises:
            msgspec.DecodeError, UnicodeDecodeError, RecursionError: The row needs a
                closer look.
        """
        self._decode(row)
        row.decode()  # nothing else checks what is undocumented
        found = RowDrift()
        parts: dict[str, Any] = self._split(row, "", found)
        if found.values and self._kept is not None:
            parts[self._kept] = found.values
        return _join(parts), found


def _splitter(schema: Mapping[str, Any], path: Path) -> Split | None:
    """What splits a value, or None if there is nothing in it to look for."""
    if schema.get("additionalProperties"):
        return None
    if "properties" in schema:
        return _unless_sound(schema, _object_splitter(schema["properties"], path))
    if isinstance(schema.get("items"), Mapping):
        entries = _splitter(schema["items"], (*path, ENTRIES))
        return entries and _unless_sound(schema, _array_splitter(entries))
    kind = coerced_type(schema)
    return kind and _scalar_splitter(kind, path)


def _unless_sound(schema: Mapping[str, Any], below: Split) -> Split:
    """Leave a value whole that does not differ; to see that is ten times as fast."""
    check = compile_fast_path(schema)

    def split(part: Any, pointer: str, found: RowDrift) -> Any:  # noqa: ANN401
        try:
            check(part)
        except REFUSALS:
            return below(part, pointer, found)
        return part

    return split


def _object_splitter(rules: Mapping[str, Any], path: Path) -> Split:
    inner = [
        (name, token(name), below)
        for name, rule in rules.items()
        if (below := _splitter(rule, (*path, name)))
    ]

    def split(part: Any, pointer: str, found: RowDrift) -> dict[str, Any] | None:  # noqa: ANN401
        members: dict[str, Any] | None = _members(part)
        if members is None:
            return None
        for name in [name for name in members if name not in rules]:
            pointed = pointer + token(name)
            found.add_unknown((*path, name), pointed, members.pop(name))
        for name, step, below in inner:
            if name in members:
                members[name] = below(members[name], pointer + step, found)
        return members

    return split


def _array_splitter(below: Split) -> Split:
    def split(part: Any, pointer: str, found: RowDrift) -> list[Any] | None:  # noqa: ANN401
        entries = _entries(part)
        return entries and [
            below(entry, f"{pointer}/{index}", found)
            for index, entry in enumerate(entries)
        ]

    return split


def _scalar_splitter(kind: type[Coerced], path: Path) -> Split:
    def split(part: Any, _pointer: str, found: RowDrift) -> Any:  # noqa: ANN401
        text = bytes(part)
        if not text.startswith(b'"'):
            return part
        other = coerced_json(kind.coerce, text)
        if other == text:
            return part
        found.coerced.add(path)
        return Raw(other)

    return split
