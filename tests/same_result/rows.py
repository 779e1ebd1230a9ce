"""Rows of any kind that a schema allows, or almost."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.harness import Json, select


class Digits(str):
    """A number as it is to be written."""

    __slots__ = ()


def encoded(value: object, *, ascii_only: bool) -> str:
    """JSON with the digits as they are."""
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, dict):
        items = (
            f"{json.dumps(name, ensure_ascii=ascii_only)}:"
            f"{encoded(item, ascii_only=ascii_only)}"
            for name, item in value.items()
        )
        return f"{{{','.join(items)}}}"
    if isinstance(value, list):
        inner = (encoded(item, ascii_only=ascii_only) for item in value)
        return f"[{','.join(inner)}]"
    return json.dumps(value, ensure_ascii=ascii_only)


TEXT = st.one_of(
    st.sampled_from(["", "\u0000", "\u2028\ud7ff\ufffd", "😀\r\n\t", "e\u0301", "\\u"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
INTEGERS = st.one_of(
    st.integers(-9, 9), st.sampled_from([2**53 + 1, 2**63 - 1, -(2**63)])
)
LARGE = st.sampled_from([2**63, -(2**64), 10**40])
NUMBERS = st.one_of(
    INTEGERS,
    LARGE,
    st.sampled_from(
        [
            Digits(text)
            for text in (
                "0.10", "-0.0", "1.000000000000000000001", "12345678901234567890.12",
                "1e300", "-1E-400", "2.5E+3", "1e0", "0.1e1", "123.4500",
            )
        ]
    ),
)  # fmt: skip
MOMENTS = st.sampled_from(
    [
        "2024-02-29T23:59:59Z",
        "2024-02-29T23:59:59.1234567Z",
        "2024-02-29T23:59:59.123+05:30",
        "2024-02-29t23:59:59z",
        "2024-02-29 23:59:59Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
        "2016-12-31T23:59:60Z",
    ]
)
DATES = st.sampled_from(["2024-02-29", "0001-01-01", "9999-12-31"])
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT)
DEEP = st.builds(lambda leaf: _nested(leaf, 40), LEAVES)
ANYTHING = st.one_of(
    DEEP,
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2)
        ),
        max_leaves=4,
    ),
)
FEW = 6
NEW = st.sampled_from(
    [
        *("NewProperty", "NewProp", "id", "Été", "a.b", "a b", "a/b~", "", ":1,"),
        *('a"b', "a\\b", "\u0000", "Code", "Name", "_undocumented"),
    ]
)
"""Names that the schema does not know in most places."""

OTHERS = st.dictionaries(NEW, ANYTHING, max_size=2)


def _nested(leaf: object, depth: int) -> object:
    for level in range(depth):
        leaf = [leaf] if level % 2 else {"deeper": leaf}
    return leaf


def values(rule: Json, *, new: bool) -> st.SearchStrategy[Any]:
    """What a schema accepts; with properties that it does not know, if `new`."""
    kinds = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
    return st.one_of(*(_of_kind(kind, rule, new=new) for kind in kinds))


def _of_kind(kind: str, rule: Json, *, new: bool) -> st.SearchStrategy[Any]:
    if kind == "object":
        return objects(rule, new=new)
    if kind == "array":
        return st.lists(values(rule["items"], new=new), max_size=2)
    formats = {"date-time": MOMENTS, "date": DATES}
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": INTEGERS,
        "number": NUMBERS,
        "string": formats.get(rule.get("format", ""), TEXT),
    }[kind]


def objects(rule: Json, *, new: bool) -> st.SearchStrategy[Json]:
    """Objects with some of the properties."""
    others = rule.get("additionalProperties")
    if others:
        inner = ANYTHING if others is True else values(others, new=new)
        return st.dictionaries(TEXT, inner, max_size=2)
    known = {name: values(each, new=new) for name, each in rule["properties"].items()}
    some = st.lists(st.sampled_from(sorted(known)), max_size=FEW, unique=True)
    return _objects(known, some, tuple(rule.get("required", ())), new=new)


@st.composite
def _objects(
    draw: st.DrawFn,
    known: dict[str, st.SearchStrategy[Any]],
    some: st.SearchStrategy[list[str]],
    required: tuple[str, ...],
    *,
    new: bool,
) -> Json:
    """A few properties at a time: a row with all of them takes long to make."""
    names = dict.fromkeys((*required, *draw(some)))
    row = {name: draw(known[name]) for name in names}
    if new:
        others = draw(OTHERS)
        others = {name: each for name, each in others.items() if name not in known}
        if draw(st.booleans()):
            return others | row
        row |= others
    return row


@cache
def rows_of(stream: str) -> st.SearchStrategy[list[bytes]]:
    """Some rows of a stream, as bytes."""
    schema = schema_of(stream)
    row = st.one_of(objects(schema, new=False), objects(schema, new=True))
    line = st.builds(
        lambda value, ascii_only: encoded(value, ascii_only=ascii_only).encode(),
        row,
        st.booleans(),
    )
    return st.lists(line, min_size=1, max_size=4)


@cache
def schema_of(stream: str) -> Json:
    """The schema as it is discovered."""
    (entry,) = select(stream)["streams"]
    schema: Json = entry["schema"]
    return schema
