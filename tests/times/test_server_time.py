"""What time it is: the server decides, and this machine can only shorten a window."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tap_mews
from sandbox.answers import Reply
from sandbox.server import Handler
from tap_mews.errors import TapMewsError
from tests.export_harness import postings, spans
from tests.harness import FastClock, Result, moment, select, sync
from tests.pages_harness import ENTERPRISES, WINDOWED, intervals, settle
from tests.times.kinds import HOUR, KINDS, LAG, missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox
    from sandbox.faults import Call


def test_only_the_clock_asks_this_machine_for_the_time_of_day() -> None:
    """Else the clocks of the tests below change too little."""
    root = Path(tap_mews.__file__).parent
    asking = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"datetime\.(utc)?now\(|time\.time\(|\.today\(", path.read_text())
    ]
    assert asking == ["clock.py"]


def set_date(
    monkeypatch: pytest.MonkeyPatch, header: Callable[[datetime], str | None]
) -> None:
    """Let the `Date` of answers be what a function makes of the time; None for none."""
    send_header = Handler.send_header

    def send(self: Handler, name: str, value: str) -> None:
        if name != "Date":
            send_header(self, name, value)
            return
        found = header(self.server.platform.clock.now())
        if found is not None:
            send_header(self, name, found)

    monkeypatch.setattr(Handler, "send_header", send)


def ends(sandbox: Sandbox) -> set[datetime]:
    """Where what was asked for ends: every last window of the streams."""
    found = {spans(sandbox, entity)[-1][1] for entity in ("Bill", "Customer")}
    for operation in set(WINDOWED.values()):
        requests = sandbox.journal.requests(operation)
        found.add(intervals(requests)[-1][1])
    return found


def gateway(call: Call) -> Reply:
    """What a gateway answers in the place of Mews."""
    del call
    return Reply(502, b"<html>", {"Content-Type": "text/html"})


def run_kinds(sandbox: Sandbox, wrong: timedelta = timedelta()) -> Result:
    """Read one stream of each kind, from a moment on so that all ask for windows.

    Args:
        sandbox: What is read.
        wrong: By how much the clock of this machine is ahead.
    """
    begins = {"start_date": "2026-02-20", "reference_start_date": "2026-02-20"}
    config = sandbox.config(**begins)
    return sync(config, catalog=select(*KINDS), clock=FastClock(sandbox, wrong)).ok()


def assert_ends_by_the_server(sandbox: Sandbox, result: Result) -> None:
    """All ended at one moment, five minutes ago and little more."""
    (end,) = ends(sandbox)
    now = sandbox.clock.now()
    assert now - timedelta(minutes=7) < end <= now - LAG
    for stream in ("bills", "customers"):
        assert moment(result.bookmark(stream)["replication_key_value"]) == end
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    assert postings(sandbox)[-1][1] == tomorrow
    assert missing(sandbox, result) == {}


WARNING = "WARNING The clock of this machine is "


@pytest.mark.parametrize("wrong", [HOUR, 24 * HOUR, 9999 * HOUR], ids=str)
def test_windows_follow_the_server_where_the_machine_is_ahead(
    hotel: Sandbox, wrong: timedelta
) -> None:
    result = run_kinds(hotel, wrong)
    assert_ends_by_the_server(hotel, result)
    (told,) = [line for line in result.logs if line.startswith(WARNING)]
    assert "ahead of that of Mews" in told
    extracted = {
        datetime.fromisoformat(each["time_extracted"])
        for each in result.messages
        if each["type"] == "RECORD"
    }
    # so the machine was wrong indeed
    assert all(abs(each - hotel.clock.now() - wrong) < HOUR / 2 for each in extracted)


@pytest.mark.parametrize("wrong", [HOUR, 24 * HOUR], ids=str)
def test_windows_end_early_where_the_machine_is_behind(
    hotel: Sandbox, wrong: timedelta
) -> None:
    """A server that is ahead of time would else be asked for what is not there yet."""
    result = run_kinds(hotel, -wrong)
    (end,) = ends(hotel)
    assert abs(hotel.clock.now() - wrong - LAG - end) < LAG
    assert moment(result.bookmark("bills")["replication_key_value"]) == end
    (told,) = [line for line in result.logs if line.startswith(WARNING)]
    assert "behind that of Mews" in told


@pytest.mark.parametrize(
    ("minutes", "warns"), [(-3, True), (-1, False), (0, False), (1, False), (3, True)]
)
def test_clocks_that_differ_by_minutes_are_warned_of_once(
    hotel: Sandbox, minutes: int, *, warns: bool
) -> None:
    result = run_kinds(hotel, timedelta(minutes=minutes))
    told = [line for line in result.logs if line.startswith(WARNING)]
    assert len(told) == warns


def test_a_machine_whose_clock_goes_back_moves_no_bookmark(hotel: Sandbox) -> None:
    first = run_kinds(hotel)
    config, clock = hotel.config(), FastClock(hotel, -HOUR)
    second = sync(config, first.state, select(*KINDS), clock).ok()
    assert second.bookmark("bills") == first.bookmark("bills")


@pytest.mark.parametrize("wrong", [-24 * HOUR, -HOUR, HOUR], ids=str)
def test_a_machine_that_is_set_right_between_runs_loses_no_row(
    hotel: Sandbox, wrong: timedelta
) -> None:
    first = run_kinds(hotel, wrong)
    hotel.live_on(timedelta(hours=3))
    settle(hotel)
    config, clock = hotel.config(), FastClock(hotel)
    second = sync(config, first.state, select(*KINDS), clock).ok()
    assert missing(hotel, first, second) == {}


FORMS = {
    "of RFC 9110": "%a, %d %b %Y %H:%M:%S GMT",
    "of RFC 850": "%A, %d-%b-%y %H:%M:%S GMT",
    "of asctime": "%a %b %e %H:%M:%S %Y",
    "with an offset of nothing": "%a, %d %b %Y %H:%M:%S +0000",
    "without a weekday": "%d %b %Y %H:%M:%S GMT",
    "UTC by name": "%a, %d %b %Y %H:%M:%S UTC",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_date_header_is_read_in_each_form(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    set_date(monkeypatch, lambda now: now.strftime(form))
    assert_ends_by_the_server(hotel, run_kinds(hotel, HOUR))


def test_a_date_header_in_another_zone_is_the_same_moment(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hotel.clock.advance(timedelta(hours=13))  # tomorrow has begun there
    there = timezone(timedelta(hours=10))

    def header(now: datetime) -> str:
        return now.astimezone(there).strftime("%a, %d %b %Y %H:%M:%S %z")

    set_date(monkeypatch, header)
    assert_ends_by_the_server(hotel, run_kinds(hotel))


UNREADABLE = {
    "none": None,
    "nothing": "",
    "no date": "soon",
    "a number": "1772323200",
    "ISO 8601": "2026-03-01T06:00:00Z",
    "a day that is not there": "Sun, 31 Feb 2026 06:00:00 GMT",
    "an hour that is not there": "Sun, 01 Mar 2026 25:00:00 GMT",
    "an offset that is not there": "Sun, 01 Mar 2026 06:00:00 +9900",
    "a year that is not there": "Sun, 01 Mar 99999 06:00:00 GMT",
}


@pytest.mark.parametrize("header", UNREADABLE.values(), ids=UNREADABLE)
def test_without_a_date_header_windows_follow_the_machine(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch, header: str | None
) -> None:
    set_date(monkeypatch, lambda _: header)
    result = run_kinds(hotel)
    assert_ends_by_the_server(hotel, result)
    (told,) = [line for line in result.logs if line.startswith("WARNING")]
    assert "windows end by the clock of this machine" in told


def test_a_date_header_that_comes_late_counts(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = count()
    form = FORMS["of RFC 9110"]
    hotel.faults.add(ENTERPRISES, gateway, times=3)
    set_date(monkeypatch, lambda now: now.strftime(form) if next(answers) > 2 else None)
    assert_ends_by_the_server(hotel, run_kinds(hotel, HOUR))


def test_the_date_of_a_gateway_counts_only_until_mews_answers(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = count()
    form = FORMS["of RFC 9110"]
    hotel.faults.add(ENTERPRISES, gateway, times=3)
    set_date(
        monkeypatch,
        lambda now: (now + HOUR if next(answers) < 3 else now).strftime(form),
    )
    assert_ends_by_the_server(hotel, run_kinds(hotel))


@pytest.mark.parametrize("seconds", [-25, 25])
def test_servers_may_differ_by_some_seconds(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    answers = count()

    def header(now: datetime) -> str:
        differs = timedelta(seconds=seconds if next(answers) % 2 else 0)
        return (now + differs).strftime(FORMS["of RFC 9110"])

    set_date(monkeypatch, header)
    first = run_kinds(hotel)
    assert_ends_by_the_server(hotel, first)
    hotel.live_on(timedelta(hours=3))
    settle(hotel)
    config, clock = hotel.config(), FastClock(hotel)
    second = sync(config, first.state, select(*KINDS), clock).ok()
    assert missing(hotel, first, second) == {}


@pytest.mark.parametrize(
    "header",
    [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sun, 01 Mar 2026 06:00:00 GMT, Sun, 01 Mar 2026 06:00:00 GMT",
    ],
)
def test_no_date_header_ends_with_a_traceback(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    set_date(monkeypatch, lambda _: header)
    config = hotel.config(start_date="2026-02-20")
    result = sync(config, catalog=select(*KINDS), clock=FastClock(hotel))
    assert result.error is None or isinstance(result.error, TapMewsError)
    hotel.journal.clear()  # what is asked for in the year 9999 is not allowed
