"""What is in exported files arrives, byte for byte."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.encoding import encode
from tests.export_harness import truth
from tests.harness import Json, Result, moment, records_by_id, select, sync

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox import Sandbox

BILLS = select("bills")
BOM = b"\xef\xbb\xbf"

TEXTS = {
    "line and paragraph separators": "a\u2028b\u2029c\u0085d",
    "control characters": "a\x00b\x1cc\x1dd\x1ee\x0bf\x0cg\x7f",
    "line breaks": "a\nb\r\nc\rd\te",
    "beyond the basic plane": "\U0001f3e8 \U00020b9f \U0010ffff",
    "combining and from right to left": "e\u0301 \u202e\u05d0\u05d1 \ufeff \u200d",
    "noncharacters": "\ufffe\uffff\ufdd0",
    "quotes and escapes": "a\"b\\c\\u0041/'{}[]",
}


def bill(sandbox: Sandbox, **properties: object) -> Json:
    """Make a bill without putting it anywhere."""
    return sandbox.new_row("Bill", **properties)


def sync_files(sandbox: Sandbox, *files: bytes) -> Result:
    """Sync bills, with these files in their export."""
    sandbox.exports.files["Bill"] = files
    return sync(sandbox.config(), catalog=BILLS).ok()


def bills_of(result: Result) -> list[Json]:
    """The bills that came, in their order."""
    return result.records["bills"]


@pytest.fixture
def bills(sandbox: Sandbox) -> list[Json]:
    """Three bills."""
    return [bill(sandbox, Number=f"B{number}") for number in range(3)]


@pytest.fixture
def lines(bills: Sequence[Json]) -> list[bytes]:
    """The same as JSON."""
    return [encode(each) for each in bills]


def test_all_files_of_an_export_are_read(sandbox: Sandbox) -> None:
    sandbox.exports.rows_per_file = 9
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert len(sandbox.journal.downloads) == -(-len(sandbox.rows("Bill")) // 9) > 3
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_last_line_needs_no_line_end(sandbox: Sandbox) -> None:
    sandbox.exports.rows_per_file = 9
    sandbox.exports.final_newline = False
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize("files", [[], [b""], [b"", b""]], ids=len)
def test_an_export_without_rows_is_an_empty_window(
    sandbox: Sandbox, files: list[bytes]
) -> None:
    result = sync_files(sandbox, *files)
    assert bills_of(result) == []
    bookmark = moment(result.bookmark("bills")["replication_key_value"])
    assert (sandbox.clock.now() - bookmark).total_seconds() < 600


def test_an_empty_file_among_others_is_passed_over(
    sandbox: Sandbox, bills: list[Json], lines: list[bytes]
) -> None:
    result = sync_files(sandbox, lines[0], b"", b"\n".join(lines[1:]))
    assert bills_of(result) == bills


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b" \n\t\r\n", b"  \r\n"])
def test_lines_may_end_in_any_white_space(
    sandbox: Sandbox, bills: list[Json], lines: list[bytes], end: bytes
) -> None:
    result = sync_files(sandbox, b"".join(line + end for line in lines))
    assert bills_of(result) == bills


def test_a_file_may_begin_with_blank_lines(
    sandbox: Sandbox, bills: list[Json], lines: list[bytes]
) -> None:
    assert bills_of(sync_files(sandbox, b"\n \r\n" + b"\n".join(lines))) == bills


def test_each_file_may_begin_with_a_byte_order_mark(
    sandbox: Sandbox, bills: list[Json], lines: list[bytes]
) -> None:
    files = [BOM + lines[0] + b"\n" + lines[1], BOM + lines[2]]
    assert bills_of(sync_files(sandbox, *files)) == bills


def test_a_file_of_a_byte_order_mark_alone_is_empty(sandbox: Sandbox) -> None:
    assert bills_of(sync_files(sandbox, BOM)) == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "escaped"])
def test_text_survives(sandbox: Sandbox, text: str, *, escaped: bool) -> None:
    row = bill(sandbox, Number=text)
    line = json.dumps(row, ensure_ascii=escaped, default=str).encode()
    assert [each["Number"] for each in bills_of(sync_files(sandbox, line))] == [text]


def test_each_message_is_one_line(sandbox: Sandbox) -> None:
    texts = "".join(TEXTS.values())
    line = encode(bill(sandbox, Number=texts)) + b"\n"
    result = sync_files(sandbox, line * 3)
    # a reader in text mode breaks lines at \r as well
    assert not any(b"\r" in each for each in result.lines)
    assert len(bills_of(result)) == 3


def test_rows_may_be_megabytes_long(sandbox: Sandbox, lines: list[bytes]) -> None:
    text = "Ünïcödé\u2028" * 300_000
    long = encode(bill(sandbox, Number=text))
    assert len(long) > 3_000_000
    result = sync_files(sandbox, b"\n".join([lines[0], long, lines[1]]))
    assert [len(each["Number"]) for each in bills_of(result)] == [2, len(text), 2]
    assert bills_of(result)[1]["Number"] == text


def test_numbers_keep_their_digits(sandbox: Sandbox) -> None:
    digits = "1234567890123456789012345678901234567.890"
    row = sandbox.new_row("Payment")
    row["Amount"]["GrossValue"] = Decimal(digits)
    sandbox.exports.lines["Payment"] = [encode(row)]
    result = sync(sandbox.config(), catalog=select("payments")).ok()
    assert f'"GrossValue":{digits},'.encode() in b"".join(result.lines)


def test_the_transport_may_be_compressed(sandbox: Sandbox) -> None:
    sandbox.exports.gzip = True
    result = sync(sandbox.config(), catalog=BILLS).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")
