"""Serves pages that were built before: nothing is looked up, filtered or encoded.

The sandbox walks its rows for each page, which takes longer than the tap does. Here an
answer is bytes that lie ready. `python -m benchmarks.page_server` serves until its
input ends, and says where on the first line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from benchmarks.runs import CHECKOUT, ENVIRONMENT, PYTHON
from benchmarks.undocumented import CLEAN, Undocumented
from sandbox.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/api/connector/v1/"
PAGE = 1000

MONTHS = 6
"""The pages are spread evenly over so many calendar months."""

DAYS = 28
"""Of each month, those that have pages."""

START, END = "2025-01-01", "2025-07-01"

ENTERPRISE = "00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Shape:
    """How many pages there are.

    Attributes:
        assignments: Pages of source assignments in a month.
        reservations: Pages of reservations in a month; each row has its own group.
        companionships: Rows for each page of reservations.
        order_items: Pages of order items in a month.
    """

    assignments: int = 28
    reservations: int = 8
    companionships: int = 1500
    order_items: int = 0

    def rows_of(self, stream: str) -> int:
        """Rows of a stream in all pages."""
        if stream == "companionships":
            return self.reservations * MONTHS * self.companionships
        pages = {
            "source_assignments": self.assignments,
            "order_items": self.order_items,
        }
        return pages[stream] * MONTHS * PAGE


class Pages:
    """The answers, but for their last bytes."""

    def __init__(self, shape: Shape, undocumented: Undocumented) -> None:
        """Build them.

        Args:
            shape: How many there are.
            undocumented: What rows carry, but for reservations.
        """
        add = undocumented.add
        self._moments = {
            "SourceAssignments": _moments(shape.assignments),
            "Reservations": _moments(shape.reservations),
            "OrderItems": _moments(shape.order_items),
        }
        self._pages = {
            "SourceAssignments": [
                _page(
                    "SourceAssignments",
                    map(add, map(_assignment, _numbers(page)), count()),
                )
                for page in range(shape.assignments * MONTHS)
            ],
            "Reservations": [
                _page("Reservations", map(_reservation, _numbers(page)))
                for page in range(shape.reservations * MONTHS)
            ],
            "OrderItems": [
                _page("OrderItems", map(add, map(_order_item, _numbers(page)), count()))
                for page in range(shape.order_items * MONTHS)
            ],
        }
        self._companionships: dict[str, list[bytes]] = {}
        for page in range(shape.reservations * MONTHS):
            groups = [_key(2, number) for number in _numbers(page)]
            rows = (
                add(
                    _companionship(page * shape.companionships + number, groups), number
                )
                for number in range(shape.companionships)
            )
            self._companionships[groups[0]] = [
                _page("Companionships", iter(some))
                for some in iter(lambda: list(islice(rows, PAGE)), [])  # noqa: B023
            ]
        enterprise = {"Id": ENTERPRISE, "ChainId": ENTERPRISE}
        enterprise["CreatedUtc"] = "2020-01-01T00:00:00Z"
        self._enterprises = json.dumps({"Enterprises": [enterprise]}).encode()

    def answer(self, operation: str, body: dict[str, Any]) -> list[bytes]:
        """Give an answer in pieces."""
        if operation == "enterprises/getAll":
            return [self._enterprises]
        if body["Limitation"]["Count"] == 1:
            # the question whether the tokens may read this; the plain side asks none
            name = operation[0].upper() + operation[1:].partition("/")[0]
            return [f'{{"{name}":[],"Cursor":null}}'.encode()]
        cursor = body["Limitation"]["Cursor"]
        if operation == "companionships/getAll":
            pages = self._companionships[body["ReservationGroupIds"][0]]
            return _ended(pages, int(cursor or 0), len(pages))
        source = operation[0].upper() + operation[1:].partition("/")[0]
        pages = self._pages[source]
        if "UpdatedUtc" not in body:
            return _ended(pages, int(cursor or 0), len(pages))
        first, end = (
            bisect_left(self._moments[source], body["UpdatedUtc"][each])
            for each in ("StartUtc", "EndUtc")
        )
        if first == end:
            return [_page(source, iter(())), b'],"Cursor":null}']
        return _ended(pages, int(cursor or first), end)


def _moments(in_month: int) -> list[str]:
    """When the rows of each page were updated, as the interval of a request says it."""
    return [
        f"2025-{1 + month:02}-{1 + page * DAYS // in_month:02}T00:00:00Z"
        for month in range(MONTHS)
        for page in range(in_month)
    ]


def _ended(pages: list[bytes], number: int, end: int) -> list[bytes]:
    following = f'"{number + 1}"' if number + 1 < end else "null"
    return [pages[number], b'],"Cursor":', following.encode(), b"}"]


def _page(name: str, rows: Iterator[dict[str, object]]) -> bytes:
    encoded = (json.dumps(row, separators=(",", ":")) for row in rows)
    return f'{{"{name}":['.encode() + ",".join(encoded).encode()


def _numbers(page: int) -> range:
    return range(page * PAGE, (page + 1) * PAGE)


def _key(kind: int, number: int) -> str:
    """An identifier; they sort as the numbers do."""
    return f"{kind:08x}-{number:012x}"[:13] + f"-4000-8000-{number:012x}"


def _assignment(number: int) -> dict[str, object]:
    return {
        "Id": _key(4, number),
        "ReservationId": _key(1, number // 2),
        "SourceId": _key(5, number % 17),
        "IsPrimary": number % 2 == 0,
        "UpdatedUtc": f"2025-01-31T06:{number // 60 % 60:02}:{number % 60:02}Z",
    }


def _reservation(number: int) -> dict[str, object]:
    row = dict(_RESERVATION)
    row["Id"], row["GroupId"] = _key(1, number), _key(2, number)
    row["UpdatedUtc"] = f"2025-01-31T06:{number // 60 % 60:02}:{number % 60:02}Z"
    return row


def _order_item(number: int) -> dict[str, object]:
    row = dict(_ORDER_ITEM)
    row["Id"] = _key(7, number)
    row["UpdatedUtc"] = f"2025-01-31T06:{number // 60 % 60:02}:{number % 60:02}Z"
    return row


def _companionship(number: int, groups: list[str]) -> dict[str, object]:
    group = groups[number % len(groups)]
    return {
        "Id": _key(3, number),
        "CustomerId": _key(6, number),
        "ReservationGroupId": group,
        "ReservationId": _key(1, number),
    }


_RESERVATION: dict[str, object] = {}
_ORDER_ITEM: dict[str, object] = {}
"""The other properties of a row; set before pages are built."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pages: Pages

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.path.removeprefix(API)
        pieces = self.pages.answer(operation, json.loads(raw))
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(sum(map(len, pieces))))
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(shape: Shape, kind: str = CLEAN) -> Iterator[str]:
    """Serve pages in a process of their own.

    Args:
        shape: How many there are.
        kind: Of `undocumented.KINDS`: what rows carry.

    Yields:
        The address.
    """
    numbers = astuple(shape)
    with running(
        [PYTHON, "-m", "benchmarks.page_server", kind, *map(str, numbers)],
        cwd=CHECKOUT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield process.stdout.readline().strip()


def main() -> None:
    """Serve, and say where on the first line."""
    from sandbox.samples import sample  # noqa: PLC0415 - the client needs none

    _RESERVATION.update(json.loads(json.dumps(sample("Reservation"), default=float)))
    _ORDER_ITEM.update(json.loads(json.dumps(sample("OrderItem"), default=float)))
    kind, *numbers = sys.argv[1:]
    shape = Shape(*map(int, numbers))
    _Handler.pages = Pages(shape, Undocumented(kind))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
