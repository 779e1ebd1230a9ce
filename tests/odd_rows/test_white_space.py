"""White space and marks around and inside of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_mews.exports.reader import ROWS_BYTES
from tests.harness import select, sync
from tests.odd_rows.sources import (
    BOM,
    GOOD,
    Export,
    Page,
    Pages,
    Source,
    assert_told,
    emitted,
    sync_page,
)

if TYPE_CHECKING:
    from sandbox import Sandbox


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
    result = sync_page(hotel, Page([GOOD], before=BOM)).ok()
    assert result.records["customers"] == [{"Id": "good"}]


def test_a_page_may_be_indented(hotel: Sandbox) -> None:
    page = Page([GOOD, GOOD], before=b" \r\n", between=b"\r\n\t,\r\n")
    result = sync_page(hotel, page).ok()
    assert result.records["customers"] == [{"Id": "good"}] * 2
