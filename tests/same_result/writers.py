"""The tap, the tap on the way of the SDK, and a plain stream of the SDK."""

from __future__ import annotations

import gzip
import io
import json
import logging
from contextlib import redirect_stdout
from decimal import Decimal, DecimalTuple
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from singer_sdk import Stream, Tap

from tap_mews.reading.reader import Slice, WindowRead
from tap_mews.reading.windows import Window
from tap_mews.records.rows import Rows
from tap_mews.streams.base import MewsStream
from tap_mews.tap import TapMews
from tests.harness import Json, select
from tests.same_result.rows import schema_of
from tests.same_result.ways import NOW, TOKENS, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Given:
    """A reader of rows that are there already."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = list(lines)

    def open(self, slices: Sequence[Slice]) -> None:
        """Nothing is to be opened."""

    def windows(self) -> Iterator[WindowRead]:
        """All rows in one window that moves no bookmark."""
        span, window = Slice(NOW, NOW), Window(NOW, NOW)
        rows = iter([Rows(self._lines, "a test")])
        yield WindowRead(
            span, window, rows, complete_until=None, number=1, known=1, method="x"
        )

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
        found.__dict__["passes_rows_on"] = False
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

    def digits(text: str) -> DecimalTuple:
        return Decimal(text).as_tuple()

    message: Json = json.loads(line, parse_float=digits, parse_int=digits)
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
