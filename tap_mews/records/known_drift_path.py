"""Checks rows whose drift is known: decodes them and encodes them again without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tap_mews.records.drift import ENTRIES, Attempt, Drift, LearnedDrift
from tap_mews.records.fast_path import REFUSALS, compile_fast_path
from tap_mews.records.finder import Values, object_finder
from tap_mews.records.scalars import coerced_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class KnownDriftPath:
    """One pass checks a row; a second one takes it apart, if it must change.

    Only objects that lose or change a member are taken apart, and what stays in them
    keeps its bytes.
    """

    def __init__(
        self, schema: Mapping[str, Any], learned: LearnedDrift, kept: str | None
    ) -> None:
        """Compile.

        Args:
            schema: Of the rows.
            learned: How they may differ.
            kept: Property to put undocumented properties into, or None to drop them.
        """
        self._decode = compile_fast_path(schema, learned.tree)
        self._find = object_finder(schema, learned.tree)
        more = [] if kept is None else [_field("kept", Values, kept)]
        parts = _object_parts(schema, learned.tree, more)
        self._take_apart = msgspec.json.Decoder(
            parts, dec_hook=lambda kind, value: kind(value)
        ).decode
        self._join = msgspec.json.Encoder(enc_hook=lambda scalar: scalar.value).encode
        self._keeps = kept is not None
        self._coerces = bool(learned.coerced)

    def attempts(self, rows: Sequence[bytes]) -> Iterator[Attempt]:
        """Check rows, as `RegexPath.attempts` does; it yields the same."""
        for row in rows:
            try:
                attempt = self._pass_on(row)
            except REFUSALS:
                yield None
            else:
                yield attempt

    def _pass_on(self, row: bytes) -> tuple[bytes, bool]:
        values: Values = {}
        self._find(self._decode(row), "", values)
        row.decode()  # nothing else checks what is undocumented
        if not values and not self._coerces:
            return row, False
        parts = self._take_apart(row)
        if values and self._keeps:
            parts.kept = values
        return self._join(parts), bool(values)


def _parts_of(schema: Mapping[str, Any], drift: Drift) -> Any:  # noqa: ANN401 - a type expression
    """The type of a value that is taken apart; null is always allowed."""
    if not drift:
        return (coerced_type(schema) or Raw) | None
    if "properties" in schema:
        return _object_parts(schema, drift) | None
    return list[_parts_of(schema["items"], drift[ENTRIES])] | None  # type: ignore[misc]


def _object_parts(
    schema: Mapping[str, Any],
    drift: Drift,
    more: Sequence[tuple[str, Any, Any]] = (),
) -> Any:  # noqa: ANN401 - a type expression
    """The type of an object whose members stay as they are, but for the drift."""
    fields = [
        _field(
            f"field{number}",
            _parts_of(rule, drift[name]) if name in drift else Raw,
            name,
        )
        for number, (name, rule) in enumerate(schema["properties"].items())
    ]
    return msgspec.defstruct("Parts", [*fields, *more], omit_defaults=True, gc=False)


def _field(attribute: str, kind: Any, name: str) -> tuple[str, Any, Any]:  # noqa: ANN401 - a type expression
    return attribute, kind | UnsetType, msgspec.field(name=name, default=UNSET)
