"""However a row is written, the target reads the same.

A row that passes the gate is written as it came. The SDK's own way parses it, conforms
it to the schema, maps it and serialises it anew. Here both write the same rows, and so
does a stream of the SDK that knows nothing of this tap.
"""

from __future__ import annotations

import gzip
import io
import json
import logging
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_sdk import Stream, Tap

from tap_mews.intervals import Window
from tap_mews.reading import Piece, Span
from tap_mews.records import Rows
from tap_mews.streams.base import MewsStream
from tap_mews.tap import TapMews
from tests.harness import ENTITIES, Json, select
from tests.pages_harness import PAGE_ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NAMES = sorted({**ENTITIES, **PAGE_ENTITIES})
TOKENS = {"client_token": "client", "access_token": "access"}
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Way:
    """Settings and selection that decide about what is written."""

    name: str
    config: Callable[[str], Json] = lambda _: {}
    deselects: Callable[[Json], list[tuple[str, ...]]] = lambda _: []

    def __repr__(self) -> str:
        """Short, for the name of a test."""
        return self.name


def mapped(**rules: str) -> Callable[[str], Json]:
    """A stream map with some rules."""
    return lambda stream: {"stream_maps": {stream: rules}}


def leaves(schema: Json) -> list[tuple[str, ...]]:
    """Every third property but the key, and something within each object."""
    others = [name for name in schema["properties"] if name != "Id"]
    found: list[tuple[str, ...]] = []
    found += [("properties", name) for name in others[::3]]
    for name, rule in schema["properties"].items():
        inner = list(rule.get("properties", ()))
        found += [("properties", name, "properties", each) for each in inner[-1:]]
    return found


PLAIN = Way("everything as it is")
DESELECTED = Way("deselected properties", deselects=leaves)
FLATTENING = Way(
    "flattening",
    lambda _: {"flattening_enabled": True, "flattening_max_depth": 2},
)
WAYS = [
    PLAIN,
    DESELECTED,
    Way("a map", mapped(Hashed="md5(record['Id'])", Id="record['Id'].upper()")),
    Way("a map that filters", mapped(__filter__="record['Id'] < 'a'")),
    Way("a map that renames", mapped(__alias__="renamed")),
    Way("a map that keeps two", mapped(Id="record['Id']", __else__="__NULL__")),
    FLATTENING,
]
SEVERAL = Way(
    "a map that copies",
    lambda stream: {"stream_maps": {"copy": {"__source__": stream}}},
)

# --- rows ---


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
    st.integers(-9, 9), st.sampled_from([2**53 + 1, 2**63, -(2**64), 10**40])
)
NUMBERS = st.one_of(
    INTEGERS,
    st.sampled_from(
        [
            Digits(text)
            for text in (
                "0.10", "-0.0", "1.000000000000000000001", "12345678901234567890.12",
                "1e400", "-1E-400", "2.5E+3", "1e0", "0.1e1", "123.4500",
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
NEW = st.sampled_from(["NewProperty", "id", "Été", "a.b", "a b"])


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
    return _objects(rule, new=new)


@st.composite
def _objects(draw: st.DrawFn, rule: Json, *, new: bool) -> Json:
    """A few properties at a time: a row with all of them takes long to make."""
    known = rule["properties"]
    some = st.lists(st.sampled_from(sorted(known)), max_size=FEW, unique=True)
    names = {**dict.fromkeys(rule.get("required", ())), **dict.fromkeys(draw(some))}
    row = {name: draw(values(known[name], new=new)) for name in names}
    if new:
        row |= draw(st.dictionaries(NEW, ANYTHING, max_size=1))
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


# --- the three writers ---


class Given:
    """A reader of rows that are there already."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = list(lines)

    def open(self, spans: Sequence[Span]) -> None:
        """Nothing is to be opened."""

    def pieces(self) -> Iterator[Piece]:
        """All rows in one piece that moves no bookmark."""
        span, window = Span(NOW, NOW), Window(NOW, NOW)
        rows = iter([Rows(self._lines, "a test")])
        yield Piece(span, window, rows, complete_until=None, share=1.0, way="x")

    def close(self) -> None:
        """Nothing is to be closed."""


class PlainStream(Stream):
    """A stream of the SDK, over rows that are parsed with all digits."""

    primary_keys = ("Id",)
    lines: Sequence[bytes] = ()

    def get_records(self, context: object) -> Iterator[Json]:
        """Parse."""
        del context
        for line in self.lines:
            yield json.loads(line, parse_float=Decimal)


class PlainTap(Tap):
    """A tap of the SDK with one stream."""

    name = "plain-tap"
    config_jsonschema: ClassVar[Json] = {"type": "object", "properties": {}}

    def discover_streams(self) -> list[Stream]:
        """The stream that the config names."""
        name = self.config["stream"]
        return [PlainStream(self, name=name, schema=schema_of(name))]


@cache
def tap_of(
    stream: str, way: Way, *, forced: bool, batches: Path | None = None
) -> MewsStream:
    """The stream of a tap that asks nobody.

    Args:
        stream: Its name.
        way: Settings and selection.
        forced: Whether it goes the SDK's way, whatever the tap would choose.
        batches: Where BATCH files go, if it is to write any.
    """
    config = {**TOKENS, **way.config(stream)}
    if batches:
        config["batch_config"] = {
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": batches.as_uri()},
            "batch_size": 3,
        }
    tap = TapMews(config=config, catalog=catalog_of(stream, way))
    tap._opened = True
    found = tap.streams[stream]
    assert isinstance(found, MewsStream)
    if forced:
        # what the property decides is kept here once it has been asked
        found.__dict__["_writes_rows"] = False
    return found


@cache
def plain_of(stream: str, way: Way) -> PlainStream:
    """The same with nothing but the SDK."""
    catalog = catalog_of(stream, way)
    for entry in catalog["streams"]:
        # no row here needs the property
        root = next(each for each in entry["metadata"] if not each["breadcrumb"])
        for place in (entry, root["metadata"]):
            for name in ("replication_key", "replication_method"):
                place.pop(name, None)
                place.pop(name.replace("_", "-"), None)
            place.pop("valid-replication-keys", None)
    tap = PlainTap(
        config={"stream": stream, **way.config(stream)},
        catalog=catalog,
        validate_config=False,
    )
    found = tap.streams[stream]
    assert isinstance(found, PlainStream)
    return found


def catalog_of(stream: str, way: Way) -> Json:
    """The catalog with some properties deselected."""
    catalog: Json = json.loads(json.dumps(select(stream)))
    deselected = way.deselects(schema_of(stream))
    (entry,) = catalog["streams"]
    for each in entry["metadata"]:
        if tuple(each["breadcrumb"]) in deselected:
            each["metadata"]["selected"] = False
    return catalog


def written(stream: MewsStream, lines: Sequence[bytes]) -> list[Json]:
    """The messages of the tap's stream for some rows."""
    stream.__dict__["reader"] = Given(lines)
    return _messages(stream.sync)


def written_plainly(stream: PlainStream, lines: Sequence[bytes]) -> list[Json]:
    """The messages of the SDK's stream for some rows."""
    stream.lines = lines
    return _messages(stream.sync)


def _messages(sync: Callable[[], None]) -> list[Json]:
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    logging.disable()
    try:
        with redirect_stdout(output):
            sync()
    finally:
        logging.disable(logging.NOTSET)
    output.flush()
    lines = output.buffer.getvalue().split(b"\n")
    return [_parsed(line) for line in lines if line]


def _parsed(line: bytes) -> Json:
    """A message less its time stamp; a number shows each digit that it has."""
    message: Json = json.loads(line, parse_float=lambda text: Decimal(text).as_tuple())
    message.pop("time_extracted", None)
    return message


def records(messages: list[Json]) -> list[tuple[str, Json]]:
    """The records of messages, with their streams."""
    return [
        (message["stream"], message["record"])
        for message in messages
        if message["type"] == "RECORD"
    ]


def without_nulls(messages: list[Json]) -> list[tuple[str, Json]]:
    """The records of messages, less what is null in them."""
    return [
        (stream, {name: each for name, each in record.items() if each is not None})
        for stream, record in records(messages)
    ]


def batched(messages: list[Json]) -> list[Json]:
    """The rows in the files of the BATCH messages; the files go."""
    rows = []
    for message in messages:
        for url in message.get("manifest", ()):
            path = Path(url2pathname(urlsplit(url).path))
            with gzip.open(path) as file:
                rows += [_parsed(line) for line in file]
            path.unlink()
    return rows


def schemas(messages: list[Json]) -> list[tuple[str, Json]]:
    """The schemas of messages, with their streams."""
    return [
        (message["stream"], message["schema"])
        for message in messages
        if message["type"] == "SCHEMA"
    ]


# --- the promises ---

EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    # the folder of a test is as good for its next example
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_rows_that_stay_bytes_are_written_as_the_sdk_writes_them(
    stream: str, data: st.DataObject
) -> None:
    lines = data.draw(rows_of(stream))
    fast = tap_of(stream, PLAIN, forced=False)

    messages = written(fast, lines)

    assert fast._writes_rows
    assert messages == written(tap_of(stream, PLAIN, forced=True), lines)
    assert records(messages) == records(written_plainly(plain_of(stream, PLAIN), lines))


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_maps_flattening_and_selection_do_what_they_do_to_a_stream_of_the_sdk(
    stream: str, data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from([*WAYS, SEVERAL]))
    lines = data.draw(rows_of(stream))

    messages = written(tap_of(stream, way, forced=False), lines)

    plain = written_plainly(plain_of(stream, way), lines)
    if way == FLATTENING:
        # the SDK gives a null there a name that is not in the schema
        assert without_nulls(messages) == without_nulls(plain)
    else:
        assert records(messages) == records(plain)
    assert schemas(messages) == schemas(plain)


@pytest.mark.parametrize("stream", NAMES)
@EXAMPLES
@given(st.data())
def test_batch_files_hold_what_record_messages_would(
    stream: str, tmp_path: Path, data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from(WAYS))
    lines = data.draw(rows_of(stream))

    fast = written(tap_of(stream, way, forced=False, batches=tmp_path), lines)
    slow = written(tap_of(stream, way, forced=True, batches=tmp_path), lines)

    messages = written(tap_of(stream, way, forced=False), lines)
    expected = [record for _, record in records(messages)]
    assert batched(fast) == expected
    assert batched(slow) == expected
