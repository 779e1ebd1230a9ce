"""Decodes the body of a page, its rows only as far as they are asked for."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, cast

import msgspec

from tap_mews.records.slow_path import BOM

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

Cursor: Any = Annotated[str, msgspec.Meta(max_length=4096)] | None
"""Those of Mews are identifiers, or some hundred characters; each goes back to it."""

_DECODER = json.JSONDecoder()


class Page(msgspec.Struct, Generic[T]):
    """One page: its rows and what leads to the next one.

    Attributes:
        rows: As they were asked for.
        cursor: As it came.
        count: Rows of the list that the cursor counts, which can be another one.
        may_break: Whether a row can have a line break in it; a body that is indented
            has them.
        size: Bytes that it came in.
    """

    rows: list[T]
    cursor: str | None
    count: int
    may_break: bool
    size: int


class PageDecoder(Generic[T]):
    """Decodes answers whose rows stand under a given property.

    A row can be odd in a way that makes the whole body one that a strict parser
    refuses: NaN, half a surrogate pair, bytes that are no UTF-8. Then the rows are cut
    out one by one, so that a row can be blamed, or passed on, by itself.
    """

    def __init__(self, rows: str, row: type[T], counted: str | None = None) -> None:
        """Compile the decoder.

        Args:
            rows: Property of the answer that holds the rows.
            row: What to make of a row: an object with the properties that it names, or
                `bytes` for its JSON, without white space around it.
            counted: Property that holds the list that pages are counted in, where that
                is another one.
        """
        self._rows = rows
        self._row = row
        self._counted = counted if counted != rows else None
        kept: Any = msgspec.Raw if row is bytes else row
        # a list is null where there is nothing in it, a further one also where it is
        # not asked for
        answer = msgspec.defstruct(
            "Result",
            [
                ("rows", list[kept] | None, msgspec.field(name=rows)),
                ("cursor", Cursor, msgspec.field(name="Cursor", default=None)),
                *(
                    [("counted", list[msgspec.Raw] | None, msgspec.field(name=counted))]
                    if self._counted
                    else []
                ),
            ],
            kw_only=True,
        )
        self._decode = msgspec.json.Decoder(answer).decode

    def decode(self, body: bytes) -> Page[T]:
        """Decode a body.

        Raises:
            msgspec.ValidationError: It is JSON of another form.
            msgspec.DecodeError: It is not JSON.
        """
        try:
            answer: Any = self._decode(body)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._decode_with_care(body)
        rows = answer.rows or []
        if self._row is bytes:
            rows = list(map(bytes, rows))  # a raw row would keep the whole body
        counted = answer.counted if self._counted else answer.rows
        self._check_end(answer.cursor, is_null=counted is None)
        count = len(counted or ())
        return Page(rows, answer.cursor, count, _may_break(body), len(body))

    def _check_end(self, cursor: str | None, *, is_null: bool) -> None:
        """A page is the last one where it has no list; one with a cursor is none.

        Raises:
            msgspec.ValidationError: It has a cursor, so rows are missing.
        """
        if is_null and cursor:
            name = self._counted or self._rows
            msg = f"Expected `array`, got `null` - at `$.{name}`"
            raise msgspec.ValidationError(msg)

    def _decode_with_care(self, body: bytes) -> Page[T]:
        # bytes that are no UTF-8 come out of the text as they went in
        text = body.removeprefix(BOM).decode(errors="surrogateescape")
        try:
            members = dict(_members(text))
            listed, counted = members.get(self._rows), members.get(self._counted or "")
            rows = [*_entries(listed)] if listed is not None else None
            cursor = json.loads(members.get("Cursor", "null"))
            count = sum(1 for _ in _entries(counted or "null"))
        except (ValueError, IndexError, RecursionError) as error:
            raise msgspec.DecodeError(str(error)) from None
        if rows is None:
            msg = f"Object missing required field `{self._rows}`"
            raise msgspec.ValidationError(msg)
        made = [self._of(number, row) for number, row in enumerate(rows, 1)]
        cursor = msgspec.convert(cursor, Cursor)
        is_null = (counted if self._counted else listed) == "null"
        self._check_end(cursor, is_null=is_null)
        count = count if self._counted else len(made)
        return Page(made, cursor, count, _may_break(body), len(body))

    def _of(self, number: int, text: str) -> T:
        """A row of its JSON, which Python's own parser has taken."""
        if self._row is bytes:
            return cast("T", text.encode(errors="surrogateescape"))
        try:
            row = msgspec.convert(json.loads(text), self._row)
            msgspec.json.encode(row)  # what the tap itself needs must be Unicode
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            msg = f"{error} in row {number}"
            raise msgspec.ValidationError(msg) from None
        return row


@lru_cache
def page_decoder(rows: str, row: type[T], counted: str | None = None) -> PageDecoder[T]:
    """A decoder that is compiled once.

    Args:
        rows: As `PageDecoder`.
        row: As `PageDecoder`.
        counted: As `PageDecoder`.
    """
    return PageDecoder(rows, row, counted)


def _may_break(body: bytes) -> bool:
    """One look at a body saves two at each row."""
    return b"\n" in body or b"\r" in body


def _members(text: str) -> Iterator[tuple[str, str]]:
    """The members of a JSON object, their values not parsed."""
    at = _after("{", text, 0)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _after(":", text, at)
        _, at = _DECODER.raw_decode(text, start)
        yield name, text[start:at]
        at = _next(text, at, "}")


def _entries(text: str) -> Iterator[str]:
    """The entries of a JSON array, not parsed; none of null."""
    if text == "null":
        return
    at = _after("[", text, 0)
    while text[at] != "]":
        start = at
        _, at = _DECODER.raw_decode(text, start)
        yield text[start:at]
        at = _next(text, at, "]")


def _after(mark: str, text: str, at: int) -> int:
    """Where to continue after a mark and the white space around it.

    Raises:
        ValueError: There is something else.
    """
    at = _skip_space(text, at)
    if text[at] != mark:
        msg = f"expected {mark} at character {at}"
        raise ValueError(msg)
    return _skip_space(text, at + 1)


def _next(text: str, at: int, end: str) -> int:
    """Where the next member or entry begins, or where the end mark is."""
    at = _skip_space(text, at)
    return at if text[at] == end else _after(",", text, at)


def _skip_space(text: str, at: int) -> int:
    while text[at] in " \t\n\r":
        at += 1
    return at
