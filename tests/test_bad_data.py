"""Rows that are odd as JSON or as data, in exported files and in pages.

What breaks the schema of an export is in `test_invalid_records.py`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

import pytest

from sandbox import Sandbox
from sandbox.encoding import encode
from tap_mews.errors import InvalidRecordError, MewsError, TapMewsError
from tap_mews.exports.reader import ROWS_BYTES
from tap_mews.records import Inspector, Rows
from tests.harness import Json, Result, select, sync
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    RESERVATIONS,
    Spoiled,
    one_hotel,
    rows_of,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.answers import Reply
    from sandbox.faults import Call

GUEST = "Quillfeather-s3cr3t"
BOM = b"\xef\xbb\xbf"
GOOD = b'{"Id":"good"}'


@dataclass(frozen=True)
class Page:
    """An answer with these rows, byte for byte."""

    rows: Sequence[bytes]
    key: str = "Enterprises"
    before: bytes = b""
    between: bytes = b","

    def __call__(self, call: Call) -> Reply:
        """Answer in place of the operation."""
        reply = call.carry_out()
        rows = self.between.join(self.rows)
        body = b'%b{"%b":[%b],"Cursor":null}' % (self.before, self.key.encode(), rows)
        return replace(reply, status=200, body=body)


class Source(Protocol):
    """Where rows can come from."""

    stream: str
    text: str
    list: str

    def sync(self, *rows: bytes, **settings: object) -> Result:
        """Read rows as they are."""

    def place(self, number: int) -> str:
        """How errors name the place of a row, counted from 1."""


@dataclass
class Export:
    """Rows of an export, a line each."""

    sandbox: Sandbox
    stream: str = "customers"
    text: str = "LastName"
    list: str = "Classifications"

    def sync(self, *rows: bytes, **settings: object) -> Result:
        """Read one file."""
        self.sandbox.exports.files["Customer"] = [b"\n".join(rows)]
        return sync(self.sandbox.config(**settings), catalog=select(self.stream))

    def place(self, number: int) -> str:
        """The export, file and line."""
        return f"export {self.sandbox.exports.jobs[-1].id}, file 1 of 1, line {number}"


@dataclass
class Pages:
    """Rows of a page."""

    sandbox: Sandbox
    stream: str = "enterprises"
    text: str = "Name"
    list: str = "GroupNames"

    def sync(self, *rows: bytes, **settings: object) -> Result:
        """Read one page; the list of properties before it is as it should be."""
        self.sandbox.faults.clear()
        self.sandbox.faults.add(ENTERPRISES, Page(rows), times=None, after=1)
        return sync(self.sandbox.config(**settings), catalog=select(self.stream))

    def place(self, number: int) -> str:
        """The operation, page, request and row."""
        request = self.sandbox.journal.requests(ENTERPRISES)[-1].request_id
        return f"{ENTERPRISES} (all), page 1 (RequestId {request}), row {number}"


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """A hotel that has opened lately."""
    with Sandbox(properties=1, days=3) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield sandbox
        assert sandbox.journal.breaches == []


@pytest.fixture(params=[Export, Pages], ids=["export", "pages"])
def source(request: pytest.FixtureRequest, hotel: Sandbox) -> Source:
    """Each of the two."""
    found: Source = request.param(hotel)
    return found


def row_of(source: Source, properties: str, key: str = "odd") -> bytes:
    """A row with some JSON in it."""
    text = f'{{"Id":"{key}",{properties}}}'
    text = text.replace("{text}", source.text).replace("{list}", source.list)
    return text.encode("utf-8", "surrogateescape")


def emitted(result: Result, source: Source) -> list[Json]:
    """The records, as a target reads them."""
    return result.records[source.stream]


def assert_told(result: Result, source: Source, number: int, what: str) -> None:
    """The error says exactly where the row is and what is wrong, in one line."""
    assert isinstance(result.error, InvalidRecordError)
    text = str(result.error)
    assert text.startswith(f"{source.stream}: ")
    assert source.place(number) in text
    assert text.endswith(what)
    assert "\n" not in text


@dataclass(frozen=True)
class Odd:
    """A property that is wrong.

    Attributes:
        json: The property.
        what: What is told of it, with its path.
        passed: What is passed on in its place.
    """

    json: str
    what: str
    passed: Json


ODD = {
    "not a number": Odd('"{text}":NaN', "$ must not hold NaN", {"{text}": None}),
    "infinity deep down": Odd(
        '"Address":{"Latitude":Infinity}',
        "$ must not hold Infinity",
        {"Address": {"Latitude": None}},
    ),
    "minus infinity in a list": Odd(
        '"{list}":["a",-Infinity]', "$ must not hold -Infinity", {"{list}": ["a", None]}
    ),
    "a surrogate alone": Odd(
        f'"{{text}}":"{GUEST}\\ud800"',
        "must be Unicode text, without lone surrogates",
        {"{text}": f"{GUEST}\ud800"},
    ),
    "a surrogate alone deep down": Odd(
        '"Address":{"City":"\\udfff"}',
        "$.Address.City must be Unicode text, without lone surrogates",
        {"Address": {"City": "\udfff"}},
    ),
    "a surrogate alone in a list": Odd(
        '"{list}":["a","\\ud800\\ud800"]',
        "[1] must be Unicode text, without lone surrogates",
        {"{list}": ["a", "\ud800\ud800"]},
    ),
    "no UTF-8": Odd(
        f'"{{text}}":"{GUEST}\udcff"', "$ must be UTF-8", {"{text}": f"{GUEST}\ufffd"}
    ),
    "half a character": Odd(
        f'"{{text}}":"{GUEST}\udcc3"', "$ must be UTF-8", {"{text}": f"{GUEST}\ufffd"}
    ),
    "a surrogate as UTF-8 deep down": Odd(
        '"Address":{"City":"\udced\udca0\udc80"}',
        "$ must be UTF-8",
        {"Address": {"City": "\ufffd" * 3}},
    ),
    "a text for a number deep down": Odd(
        f'"Address":{{"Latitude":"{GUEST}"}}',
        "$.Address.Latitude must be of type number or null",
        {"Address": {"Latitude": GUEST}},
    ),
    "a number for a text in a list": Odd(
        '"{list}":["a",31337]',
        "[1] must be of type string or null",
        {"{list}": ["a", 31337]},
    ),
    "a list for a text": Odd(
        f'"{{text}}":["{GUEST}"]',
        "must be of type string or null",
        {"{text}": [GUEST]},
    ),
    "a text for an object": Odd(
        f'"Address":"{GUEST}"',
        "$.Address must be of type object or null",
        {"Address": GUEST},
    ),
    "no moment": Odd(
        f'"CreatedUtc":"{GUEST}"',
        "$.CreatedUtc must be a date-time",
        {"CreatedUtc": GUEST},
    ),
    "a day that was not": Odd(
        '"CreatedUtc":"2026-02-29T00:00:00Z"',
        "$.CreatedUtc must be a date-time",
        {"CreatedUtc": "2026-02-29T00:00:00Z"},
    ),
    "a key that is null": Odd('"Id":null', "$.Id must be of type string", {"Id": None}),
    "a key that is a number": Odd(
        '"Id":31337', "$.Id must be of type string", {"Id": 31337}
    ),
}

each_odd = pytest.mark.parametrize("odd", ODD.values(), ids=ODD)


@each_odd
def test_an_odd_row_is_told_with_place_path_and_reason(
    source: Source, odd: Odd
) -> None:
    result = source.sync(GOOD, row_of(source, odd.json))
    assert_told(result, source, 2, odd.what)
    for value in (GUEST, "31337", "2026-02-29"):
        assert value not in result.log


@each_odd
def test_an_odd_row_is_passed_on_with_a_warning(source: Source, odd: Odd) -> None:
    row = row_of(source, odd.json)
    result = source.sync(GOOD, row, GOOD, on_invalid_record="warn").ok()
    expected = {"Id": "odd"} | {
        name.format(text=source.text, list=source.list): value
        for name, value in odd.passed.items()
    }
    assert emitted(result, source) == [{"Id": "good"}, expected, {"Id": "good"}]
    (told,) = [each for each in result.logs if each.startswith("WARNING")]
    assert f"({source.place(2)}" in told
    assert odd.what in told
    assert GUEST not in result.log


@pytest.mark.parametrize("mode", ["fail", "warn"])
def test_a_row_without_a_key_is_told(source: Source, mode: str) -> None:
    row = row_of(source, f'"{{text}}":"{GUEST}"').replace(b'"Id":"odd",', b"")
    result = source.sync(GOOD, row, on_invalid_record=mode)
    assert "$ must have Id" in (str(result.error) if mode == "fail" else result.log)
    assert GUEST not in result.log
    assert (result.error is None) == (mode == "warn")
    assert (len(emitted(result, source)) == 2) == (mode == "warn")


@pytest.mark.parametrize("row", [b"17", b'"%b"' % GUEST.encode(), b"null", b"[{}]"])
def test_json_that_is_no_object_is_told(source: Source, row: bytes) -> None:
    for mode in ("fail", "warn"):
        result = source.sync(GOOD, row, on_invalid_record=mode)
        assert_told(result, source, 2, "$ must be a JSON object")
        assert GUEST not in result.log


@pytest.mark.parametrize(
    "row",
    [
        b'{"Id":"%b' % GUEST.encode(),
        b'{"Id":"%b\x01"}' % GUEST.encode(),
        b'{"Id":"%b\t"}' % GUEST.encode(),
        b'{"Id":"%b\\x"}' % GUEST.encode(),
        b'{"Id":"a"}\x00',
        b'{"Id":"a"}\xc2\xa0',
        b'{"Id":"a","Number":01}',
        b"\xff\xfe{\x00}\x00",
    ],
    ids=repr,
)
def test_a_line_that_is_no_json_is_told_without_what_it_holds(
    hotel: Sandbox, row: bytes
) -> None:
    source = Export(hotel)
    result = source.sync(GOOD, row, GOOD)
    assert isinstance(result.error, InvalidRecordError)
    assert f"({source.place(2)})" in str(result.error)
    assert GUEST not in result.log + str(result.error)


@pytest.mark.parametrize(
    "day", ["2026-02-29", "2026-2-3", "20260203", "2026-W08-5", "2026-02-03T00:00:00Z"]
)
def test_a_date_that_is_none_is_told(hotel: Sandbox, day: str) -> None:
    row = {"Id": "odd", "PostingDate": day}
    hotel.exports.lines["LedgerEntry"] = [GOOD, encode(row)]
    result = sync(hotel.config(), catalog=select("ledger_entries"))
    assert str(result.error).endswith("$.PostingDate must be a date")
    assert "line 2, Id odd" in str(result.error)
    assert day not in str(result.error)


MOMENTS = {
    "2026-02-20T00:00:00Z": True,
    "2026-02-20T00:00:00.1234567Z": True,
    "2028-02-29T23:59:59z": True,
    "2026-12-31T23:59:60Z": True,
    "2026-02-20 00:00:00-05:30": True,
    "9999-12-31T23:59:59.9999999Z": True,
    "0001-01-01T00:00:00Z": True,
    "0000-01-01T00:00:00Z": False,
    "2026-02-20": False,
    "2026-02-20T00:00:00": False,
    "2026-02-20T00:00Z": False,
    "2026-02-20T24:00:00Z": False,
    "2026-02-20T00:00:00+25:00": False,
    "2026-02-20T00:00:00+0000": True,
    "2026-02-20T00:00:00.Z": False,
    "2026-02-20T00:00:00,5Z": False,
    "2026-02-20T00:00:00Z\\n": False,
    "20260220T000000Z": False,
    "\u0968026-02-20T00:00:00Z": False,
    "": False,
}


@pytest.mark.parametrize("unknown", ["", '"Mood":1,'], ids=["known", "with unknown"])
@pytest.mark.parametrize(("moment", "valid"), MOMENTS.items(), ids=repr)
def test_a_moment_is_judged_alike_whatever_else_a_row_has(
    moment: str, *, valid: bool, unknown: str
) -> None:
    schema = {
        "type": "object",
        "required": ["Id"],
        "properties": {
            "Id": {"type": "string"},
            "PaidUtc": {"type": ["string", "null"], "format": "date-time"},
        },
    }
    logger = logging.getLogger("test")
    inspector = Inspector("bills", schema, pass_invalid=False, logger=logger)
    row = f'{{"Id":"a",{unknown}"PaidUtc":"{moment}"}}'.encode()
    try:
        inspector.lines(Rows([row], "here"))
    except InvalidRecordError:
        assert not valid
    else:
        assert valid


NUMBERS = {
    "40 digits": "1234567890123456789.012345678901234567890",
    "40 digits before the point": "1" * 40,
    "beyond 64 bits": str(2**64),
    "below 64 bits": str(-(2**63) - 1),
    "beyond a float": "1E+400",
    "less than any float": "-1E-400",
    "trailing zeros": "0.10",
    "zero with digits": "0.000",
    "minus zero": "-0.0",
    "4000 digits after the point": "0." + "1" * 4000,
}


@pytest.mark.parametrize("unknown", ["", '"Mood":1,'], ids=["known", "with unknown"])
@pytest.mark.parametrize("digits", NUMBERS.values(), ids=NUMBERS)
def test_digits_survive(source: Source, digits: str, unknown: str) -> None:
    row = row_of(source, f'{unknown}"Address":{{"Latitude":{digits}}}')
    result = source.sync(row).ok()
    assert f'"Latitude":{digits}}}'.encode() in b"".join(result.lines)


@pytest.mark.parametrize("unknown", ["", '"Mood":1,'], ids=["known", "with unknown"])
def test_whole_numbers_beyond_64_bits_survive(hotel: Sandbox, unknown: str) -> None:
    row = f'{{"Id":"a",{unknown}"TaxPrecision":{2**70}}}'.encode()
    result = Pages(hotel).sync(row).ok()
    assert result.records["enterprises"] == [{"Id": "a", "TaxPrecision": 2**70}]


def test_digits_survive_a_map(source: Source) -> None:
    digits = NUMBERS["40 digits"]
    maps = {source.stream: {"Mapped": "Id"}}
    row = row_of(source, f'"Address":{{"Latitude":{digits}}}')
    result = source.sync(row, stream_maps=maps).ok()
    (record,) = emitted(result, source)
    assert record["Mapped"] == "odd"
    assert record["Address"]["Latitude"] == Decimal(digits)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ('"{text}":"a","{text}":"b"', {"{text}": "b"}),
        ('"Address":{"City":"a","City":"b"}', {"Address": {"City": "b"}}),
        ('"Address":{"City":"a"},"Address":null', {"Address": None}),
        ('"{text}":5,"{text}":"b"', {"{text}": "b"}),
        ('"Id":null,"Id":"odd"', {}),
    ],
)
def test_of_a_name_that_comes_twice_the_last_one_counts(
    source: Source, properties: str, expected: Json
) -> None:
    """JSON leaves it open; every parser that targets use does so."""
    result = source.sync(row_of(source, properties)).ok()
    names = {name.format(text=source.text): name for name in expected}
    assert emitted(result, source) == [
        {"Id": "odd"} | {name: expected[names[name]] for name in names}
    ]


def test_a_name_that_comes_twice_is_checked_as_what_counts(source: Source) -> None:
    result = source.sync(row_of(source, '"{text}":"a","{text}":5'))
    assert_told(result, source, 1, f"$.{source.text} must be of type string or null")


def test_unknown_properties_are_left_out_and_told_once(source: Source) -> None:
    row = row_of(
        source,
        f'"Mood":"{GUEST}","Address":{{"Mood":["{GUEST}"],"City":"a"}},'
        f'"Extra":{{"Deep":[{{"Deeper":"{GUEST}"}}]}}',
    )
    result = source.sync(row, row, row).ok()
    assert emitted(result, source) == [{"Id": "odd", "Address": {"City": "a"}}] * 3
    told = [each for each in result.logs if each.startswith("WARNING")]
    assert sorted(each.split(" is ")[0] for each in told) == [
        f"WARNING {source.stream}: property $.{path}"
        for path in ("Address.Mood", "Extra", "Mood")
    ]
    assert GUEST not in result.log


def test_unknown_properties_are_told_once_a_stream_however_many_pages(
    hotel: Sandbox,
) -> None:
    settle(hotel)
    pipeline = one_hotel(hotel, "source_assignments", page_size=1)
    hotel.faults.add(
        ASSIGNMENTS,
        Spoiled(lambda body: [row.update(Mood=GUEST) for row in rows_of(body)]),
        times=None,
    )
    result = pipeline.run()
    assert len(hotel.journal.requests(ASSIGNMENTS)) > 2
    assert len([each for each in result.logs if "not in the schema" in each]) == 1
    assert pipeline.missing() == {}


@pytest.mark.parametrize(
    ("properties", "key"),
    [('"{text}":5', "two\\nlines"), ('"two\\nlines":5', "odd")],
    ids=["key", "name"],
)
def test_what_is_told_of_a_row_is_one_line(
    source: Source, properties: str, key: str
) -> None:
    row = row_of(source, properties, key)
    result = source.sync(row, on_invalid_record="warn").ok()
    (told,) = [each for each in result.logs if each.startswith("WARNING")]
    assert "\n" not in told


# white space and marks around and inside of rows


def test_white_space_between_tokens_is_no_matter(source: Source) -> None:
    rows = [
        b'{"Id":\r"a"}',
        b'\r{"Id"\r:"a"\r}\r',
        b'{\t"Id" : "a" }',
        b'{"Id":"a","Address":{\r"City":"b"}}',
    ]
    if isinstance(source, Pages):
        rows += [b'{"Id":\n"a"}', b'\r\n{\r\n\t"Id": "a"\r\n}\r\n']
    result = source.sync(*rows).ok()
    assert len(emitted(result, source)) == len(rows)
    assert {row["Id"] for row in emitted(result, source)} == {"a"}
    # a target that reads text would take either for the end of a message
    assert not any(b"\r" in line for line in result.lines)


def test_a_line_feed_between_tokens_of_an_export_is_told(hotel: Sandbox) -> None:
    source = Export(hotel)
    result = source.sync(GOOD, b"", b'{"Id":', b'"a"}')
    assert_told(result, source, 3, "$ must be JSON")


def test_a_carriage_return_in_a_row_of_two_blocks_does_not_break_the_message(
    hotel: Sandbox,
) -> None:
    source = Export(hotel)
    long = b'{"Id":"a",\r"LastName":"%b"}' % (b"x" * ROWS_BYTES)
    result = source.sync(long, GOOD, GOOD).ok()
    assert [row["Id"] for row in emitted(result, source)] == ["a", "good", "good"]
    assert not any(b"\r" in line for line in result.lines)


def test_a_line_end_may_be_cut_by_a_block(hotel: Sandbox) -> None:
    source = Export(hotel)
    long = b'{"Id":"a","LastName":"%b"}\r' % (b"x" * (ROWS_BYTES - 25))
    assert len(long) == ROWS_BYTES
    result = source.sync(long, GOOD, GOOD).ok()
    assert [row["Id"] for row in emitted(result, source)] == ["a", "good", "good"]
    assert not any(b"\r" in line for line in result.lines)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b" \r\n\t\n"], ids=repr)
def test_lines_are_counted_as_they_are_in_the_file(hotel: Sandbox, end: bytes) -> None:
    source = Export(hotel)
    many = [b'{"Id":"%d","LastName":"%b"}' % (n, b"x" * 5000) for n in range(120)]
    rows = [*many, b'{"Id":7}', *many]
    hotel.exports.files["Customer"] = [BOM + end.join(rows)]
    result = sync(hotel.config(), catalog=select("customers"))
    number = 120 * end.count(b"\n") + 1
    assert_told(result, source, number, "$.Id must be of type string")


def test_a_page_may_begin_with_a_byte_order_mark(hotel: Sandbox) -> None:
    hotel.faults.add(ENTERPRISES, Page([GOOD], before=BOM), times=None, after=1)
    result = sync(hotel.config(), catalog=select("enterprises")).ok()
    assert result.records["enterprises"] == [{"Id": "good"}]


def test_a_page_may_be_indented(hotel: Sandbox) -> None:
    page = Page([GOOD, GOOD], before=b" \r\n", between=b"\r\n\t,\r\n")
    hotel.faults.add(ENTERPRISES, page, times=None, after=1)
    result = sync(hotel.config(), catalog=select("enterprises")).ok()
    assert result.records["enterprises"] == [{"Id": "good"}] * 2


# size and depth

MEGABYTES = 20


def long_row(source: Source, properties: str) -> bytes:
    """A row of 20 MB."""
    filling = GUEST * (MEGABYTES * 2**20 // len(GUEST))
    return row_of(source, f'{properties},"Address":{{"Line1":"{filling}"}}')


def test_a_row_of_20_megabytes_is_passed_on(source: Source) -> None:
    row = long_row(source, '"Mood":1')
    began = time.monotonic()
    result = source.sync(GOOD, row, GOOD).ok()
    assert time.monotonic() - began < 10
    sizes = [len(str(each)) for each in emitted(result, source)]
    assert sizes[0] == sizes[2] < 30 < MEGABYTES * 2**20 - 30 < sizes[1]
    assert GUEST not in result.log


def test_an_odd_row_of_20_megabytes_is_told_in_a_short_line(source: Source) -> None:
    result = source.sync(GOOD, long_row(source, '"{text}":5'))
    assert_told(result, source, 2, f"$.{source.text} must be of type string or null")
    assert len(str(result.error)) < 300
    assert GUEST not in result.log


@pytest.mark.parametrize("depth", [900, 5000, 200_000])
@pytest.mark.parametrize("mode", ["fail", "warn"])
def test_no_depth_ends_with_a_traceback(source: Source, depth: int, mode: str) -> None:
    row = row_of(source, f'"Mood":{"[" * depth}{"]" * depth}')
    result = source.sync(GOOD, row, on_invalid_record=mode)
    if depth > 1000:
        assert isinstance(result.error, TapMewsError)
        assert str(result.error).startswith(f"{source.stream}: ")
    else:
        assert emitted(result, source) == [{"Id": "good"}, {"Id": "odd"}]


# bookmarks, and rows that the tap itself looks into


def test_an_odd_row_of_an_export_leaves_the_bookmark_where_it_was(
    hotel: Sandbox,
) -> None:
    settle(hotel)
    first = sync(hotel.config(), catalog=select("customers")).ok()
    settle(hotel)
    hotel.exports.files["Customer"] = [GOOD, GOOD + b"\n" + b'{"Id":null}']
    second = sync(hotel.config(), first.state, select("customers"))
    assert isinstance(second.error, InvalidRecordError)
    assert "file 2 of 2, line 2)" in str(second.error)
    before = first.bookmark("customers")["replication_key_value"]
    assert {
        state["bookmarks"]["customers"]["replication_key_value"]
        for state in second.states
    } == {before}


PAGED = {
    "source_assignments": (ASSIGNMENTS, "IsPrimary", "boolean"),
    "reservation_group_source_assignments": (GROUP_ASSIGNMENTS, "SourceId", "string"),
    "companionships": (COMPANIONSHIPS, "CustomerId", "string"),
}


@pytest.mark.parametrize("stream", PAGED)
def test_an_odd_row_of_a_page_leaves_the_bookmark_where_it_was(
    hotel: Sandbox, stream: str
) -> None:
    operation, name, kind = PAGED[stream]
    pipeline = one_hotel(hotel, stream, start_date="2026-02-01")
    settle(hotel)
    pipeline.run(end_date="2026-02-10")
    before = pipeline.bookmark(stream)

    def spoil(body: Json) -> None:
        rows_of(body)[-1][name] = {GUEST: GUEST}

    hotel.faults.add(operation, Spoiled(spoil), times=None)
    result = pipeline.failing()
    text = str(result.error)
    assert text.startswith(f"{stream}: ")
    assert text.endswith(f"$.{name} must be of type {kind} or null")
    spoiled = [each for each in hotel.journal.requests(operation) if each.fault]
    assert any(f"(RequestId {each.request_id}), row " in text for each in spoiled)
    assert "2026-02-09T23:55:00Z to " in text
    assert all(state["bookmarks"][stream] == before for state in result.states)
    assert GUEST not in result.log
    hotel.faults.clear()
    pipeline.run()
    assert pipeline.missing() == {}


@pytest.mark.parametrize("stream", PAGED)
def test_an_odd_row_of_a_page_is_passed_on_and_moves_the_bookmark(
    hotel: Sandbox, stream: str
) -> None:
    operation, name, _ = PAGED[stream]
    settle(hotel)

    def spoil(body: Json) -> None:
        rows_of(body)[-1][name] = {GUEST: GUEST}

    hotel.faults.add(operation, Spoiled(spoil), times=None)
    pipeline = one_hotel(hotel, stream, on_invalid_record="warn")
    result = pipeline.run()
    assert {GUEST: GUEST} in [each[name] for each in result.records[stream]]
    assert pipeline.bookmark(stream)
    assert GUEST not in result.log


@dataclass
class Bytes:
    """An answer with some bytes in it replaced."""

    old: bytes
    new: bytes
    times: int = field(default=1)

    def __call__(self, call: Call) -> Reply:
        """Spoil the answer."""
        reply = call.carry_out()
        body = bytes(reply.body)
        assert reply.status != 200 or self.old in body
        return replace(reply, body=body.replace(self.old, self.new, self.times))


@pytest.mark.parametrize(
    ("operation", "old", "new"),
    [
        (RESERVATIONS, b'"GroupId":"', b'"GroupId":"\xff'),
        (RESERVATIONS, b'"GroupId":"', b'"GroupId":5,"Mood":"'),
        (RESERVATIONS, b'"GroupId":"', b'"Mood":"'),
        (RESERVATIONS, b'"UpdatedUtc":"', b'"UpdatedUtc":5,"Mood":"'),
        (COMPANIONSHIPS, b'"ReservationGroupId":"', b'"ReservationGroupId":"\xff'),
        (COMPANIONSHIPS, b'"ReservationGroupId":"', b'"ReservationGroupId":5,"Mood":"'),
        (COMPANIONSHIPS, b'[{"Id"', b'[{},{"Id"'),
        (COMPANIONSHIPS, b'[{"Id"', b'[7,{"Id"'),
    ],
)
def test_odd_rows_that_companionships_are_found_by_are_told_in_one_line(
    hotel: Sandbox, operation: str, old: bytes, new: bytes
) -> None:
    settle(hotel)
    hotel.faults.add(operation, Bytes(old, new), times=None)
    result = one_hotel(hotel, "companionships").failing()
    assert isinstance(result.error, InvalidRecordError | MewsError)
    assert str(result.error).startswith("companionships: ")
    assert operation in str(result.error)
    assert ", row " in str(result.error)


def test_a_row_that_has_what_the_tap_adds_gets_it_anew(hotel: Sandbox) -> None:
    settle(hotel)
    old = b'"ReservationGroupId":"'
    new = b'"ReservationGroupUpdatedUtc":"soon",' + old
    hotel.faults.add(COMPANIONSHIPS, Bytes(old, new, -1), times=None)
    result = one_hotel(hotel, "companionships", on_invalid_record="warn").run()
    dates = {
        row["ReservationGroupUpdatedUtc"] for row in result.records["companionships"]
    }
    assert dates
    assert "soon" not in dates
