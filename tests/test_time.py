"""What time it is: the server decides, whatever this machine believes.

Days that begin during a run, days that not every year has, and rows that are updated
exactly where a window ends.
"""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

import tap_mews
from sandbox import Sandbox
from sandbox.answers import Reply
from sandbox.clock import utc_text
from sandbox.server import Handler
from tap_mews.errors import InvalidSettingsError, TapMewsError
from tests.harness import (
    ENTITIES,
    FastClock,
    Json,
    Result,
    moment,
    postings,
    select,
    spans,
    sync,
)
from tests.pages_harness import (
    ENTERPRISES,
    PAGE_ENTITIES,
    WINDOWED,
    History,
    intervals,
    latest,
    settle,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.faults import Call

ALL = (*ENTITIES, *PAGE_ENTITIES)
KINDS = ("bills", "customers", "ledger_entries", *WINDOWED)
UTC = timezone.utc
LAG = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
End: TypeAlias = Literal["inclusive", "exclusive"]
each_end = pytest.mark.parametrize("end", ["inclusive", "exclusive"])


def set_machine(monkeypatch: pytest.MonkeyPatch, now: Callable[[], datetime]) -> None:
    """Let the clock of this machine say something else to the tap."""

    class Machine(datetime):
        """Another present."""

        @classmethod
        def now(cls, tz: Any = None) -> Any:  # noqa: ANN401
            """What the machine believes."""
            return now().astimezone(tz)

    for module in WHERE_THE_TAP_LOOKS_AT_THE_MACHINE:
        monkeypatch.setattr(f"{module}.datetime", Machine)
    monkeypatch.setattr(time, "time", lambda: now().timestamp())


WHERE_THE_TAP_LOOKS_AT_THE_MACHINE = (
    "tap_mews.clock",
    "tap_mews.report",
    "tap_mews.streams.base",
    "tap_mews.tap",
)


def test_nowhere_else_does_the_tap_look_at_the_machines_clock() -> None:
    """Else the tests below change too little."""
    root = Path(tap_mews.__file__).parent
    looking = {
        ".".join(("tap_mews", *path.relative_to(root).with_suffix("").parts))
        for path in root.rglob("*.py")
        if re.search(r"datetime\.(utc)?now\(|time\.time\(|\.today\(", path.read_text())
    }
    assert looking == {*WHERE_THE_TAP_LOOKS_AT_THE_MACHINE}


def set_date(
    monkeypatch: pytest.MonkeyPatch, header: Callable[[datetime], str | None]
) -> None:
    """Let the `Date` of answers be what a function makes of the time; None for none."""
    send_header = Handler.send_header

    def send(self: Handler, name: str, value: str) -> None:
        if name != "Date":
            send_header(self, name, value)
            return
        found = header(self.server.sandbox.clock.now())
        if found is not None:
            send_header(self, name, found)

    monkeypatch.setattr(Handler, "send_header", send)


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """A hotel with a short history."""
    with Sandbox(properties=1, days=5) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox
        assert sandbox.journal.breaches == []


def missing(
    sandbox: Sandbox, *results: Result, streams: Iterable[str] = KINDS
) -> dict[str, int]:
    """How many rows a target has not as they are, by stream."""
    found = {}
    for stream in streams:
        rows: Json = {}
        for result in results:
            rows |= latest(result.records[stream])
        due = truth(sandbox, stream)
        if lost := [key for key in due if rows.get(key) != due[key]]:
            found[stream] = len(lost)
    return found


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


def run_kinds(sandbox: Sandbox, **settings: object) -> Result:
    """Read one stream of each kind, from a moment on so that all ask for windows."""
    config = sandbox.config(start_date="2026-02-20", **settings)
    return sync(config, catalog=select(*KINDS), clock=FastClock(sandbox)).ok()


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


# the machine and the server


@pytest.mark.parametrize("wrong", [-HOUR, HOUR, -24 * HOUR, 9999 * HOUR], ids=str)
def test_windows_follow_the_server_however_wrong_the_machine_is(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch, wrong: timedelta
) -> None:
    set_machine(monkeypatch, lambda: hotel.clock.now() + wrong)
    result = run_kinds(hotel)
    assert_ends_by_the_server(hotel, result)
    extracted = {
        datetime.fromisoformat(each["time_extracted"])
        for each in result.messages
        if each["type"] == "RECORD"
    }
    # so the machine was wrong indeed
    assert all(abs(each - hotel.clock.now() - wrong) < HOUR / 2 for each in extracted)


@pytest.mark.parametrize("wrong", [-HOUR, HOUR], ids=str)
def test_a_machine_that_is_set_right_between_runs_loses_no_row(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch, wrong: timedelta
) -> None:
    with monkeypatch.context() as patch:
        set_machine(patch, lambda: hotel.clock.now() + wrong)
        first = run_kinds(hotel)
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
    set_machine(monkeypatch, lambda: hotel.clock.now() + HOUR)
    assert_ends_by_the_server(hotel, run_kinds(hotel))


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
    set_machine(monkeypatch, hotel.clock.now)
    assert_ends_by_the_server(hotel, run_kinds(hotel))


def test_a_date_header_that_comes_late_counts(
    hotel: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = count()
    form = FORMS["of RFC 9110"]
    hotel.faults.add(ENTERPRISES, gateway, times=3)
    set_date(monkeypatch, lambda now: now.strftime(form) if next(answers) > 2 else None)
    set_machine(monkeypatch, lambda: hotel.clock.now() + HOUR)
    assert_ends_by_the_server(hotel, run_kinds(hotel))


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


# days

FIVE_DAYS = timedelta(days=5)
MIDNIGHTS = [
    datetime(2026, 3, 6, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2028, 3, 1, tzinfo=UTC),
]


@pytest.mark.parametrize("midnight", MIDNIGHTS, ids=lambda each: f"{each:%Y-%m-%d}")
def test_a_run_over_midnight_loses_no_row(midnight: datetime) -> None:
    before = midnight - timedelta(seconds=40)
    with Sandbox(properties=1, days=3, start=before) as sandbox:
        sandbox.limits.requests = 1_000_000
        sandbox.exports.seconds = 90
        # the hotels go on while exports are waited for
        clock = FastClock(sandbox)
        clock.after(30, lambda: sandbox.live_on(SECOND * 30))
        config = sandbox.config(ledger_lookback_days=0, lookback_minutes=0)
        first = sync(config, clock=clock).ok()
        assert sandbox.clock.now() > midnight + SECOND * 30
        (asked,) = postings(sandbox)
        assert asked[1] == f"{midnight:%Y-%m-%d}"
        sandbox.live_on(timedelta(hours=20))
        settle(sandbox)
        second = sync(config, first.state, clock=FastClock(sandbox)).ok()
        assert missing(sandbox, first, second, streams=ALL) == {}
        assert sandbox.journal.breaches == []


@pytest.mark.parametrize("year", [2026, 2028])
def test_days_at_the_end_of_february_are_each_asked_for_once(year: int) -> None:
    start = datetime(year, 3, 2, 12, tzinfo=UTC)
    with Sandbox(properties=1, days=3, start=start) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        config = sandbox.config(start_date=f"{year}-02-26", export_window_days=1)
        result = sync(config, catalog=select(*KINDS), clock=FastClock(sandbox)).ok()
        assert missing(sandbox, result) == {}
        day, days = datetime(year, 2, 26, tzinfo=UTC), []
        while day <= start + timedelta(days=1):
            days.append(f"{day:%Y-%m-%d}")
            day += timedelta(days=1)
        assert postings(sandbox) == [(each, each) for each in days]
        assert f"{year}-02-29" in days or year != 2028
        found = spans(sandbox)
        assert all(one[1] == other[0] for one, other in pairwise(found))
        assert sandbox.journal.breaches == []


@pytest.mark.parametrize(
    "start_date",
    ["2027-12-31", "2028-01-29", "2028-01-30T23:59:59Z", "2028-01-31", "2028-02-29"],
)
def test_months_that_begin_on_a_day_that_others_lack_lose_no_row(
    start_date: str,
) -> None:
    start = datetime(2028, 3, 31, 12, tzinfo=UTC)
    with Sandbox(properties=1, days=40, reservations_per_day=0.5, start=start) as hotel:
        hotel.limits.requests = 1_000_000
        settle(hotel)
        pipeline = History(hotel, tuple(WINDOWED), {"start_date": start_date})
        pipeline.run()
        began = moment(start_date)
        for stream, operation in WINDOWED.items():
            found = intervals(hotel.journal.requests(operation))
            assert found[0][0] == began
            assert all(one[1] == other[0] for one, other in pairwise(found))
            if began <= hotel.group.opened:
                assert pipeline.missing().get(stream) is None
        assert hotel.journal.breaches == []


# bounds

BOUND = moment("2026-02-28T12:00:00Z")
OFFSETS = {
    "a second before": -SECOND,
    "a tick before": -timedelta(microseconds=1),
    "exactly then": timedelta(),
    "a tick after": timedelta(microseconds=1),
    "in that second": timedelta(milliseconds=500),
    "at its end": timedelta(microseconds=999_999),
    "a second after": SECOND,
}


def put_rows(sandbox: Sandbox, bounds: list[datetime]) -> dict[str, set[str]]:
    """Put rows of each kind that are updated around some moments.

    Returns:
        Their ids by stream.
    """
    ids: dict[str, set[str]] = {
        stream: set() for stream in ("bills", "customers", *WINDOWED)
    }
    for updated in (bound + offset for bound in bounds for offset in OFFSETS.values()):
        text = utc_text(updated)
        for stream, entity in {
            "bills": "Bill",
            "customers": "Customer",
            "source_assignments": PAGE_ENTITIES["source_assignments"],
        }.items():
            row = sandbox.new_row(entity, UpdatedUtc=text)
            # some rows do not say whose they are
            sandbox.put(entity, row, sandbox.enterprise_ids[0])
            ids[stream].add(row["Id"])
        stream = "reservation_group_source_assignments"
        row = sandbox.new_row(PAGE_ENTITIES[stream])
        sandbox.put(
            PAGE_ENTITIES[stream], row, sandbox.enterprise_ids[0], updated=updated
        )
        ids[stream].add(row["Id"])
        group = f"group-{text}"
        stay = sandbox.new_row("Reservation", UpdatedUtc=text, GroupId=group)
        sandbox.put("Reservation", stay, sandbox.enterprise_ids[0])
        guest = sandbox.new_row("Companionship", ReservationGroupId=group)
        sandbox.put("Companionship", guest, sandbox.enterprise_ids[0])
        ids["companionships"].add(guest["Id"])
    return ids


def lost(ids: dict[str, set[str]], *results: Result) -> dict[str, int]:
    """How many of some rows did not come, by stream."""
    return {
        stream: number
        for stream, due in ids.items()
        if (
            number := len(
                due
                - {row["Id"] for result in results for row in result.records[stream]}
            )
        )
    }


AROUND = select("bills", "customers", *WINDOWED)


@each_end
@pytest.mark.parametrize("lookback", [0, 5])
@pytest.mark.parametrize("fraction", ["", ".4", ".999999"])
def test_no_row_is_lost_where_one_run_ends_and_the_next_begins(
    hotel: Sandbox, end: End, lookback: int, fraction: str
) -> None:
    hotel.limits.interval_end = end
    ids = put_rows(hotel, [BOUND])
    config = hotel.config(lookback_minutes=lookback, companionship_refresh_days=0)
    until = utc_text(BOUND).replace("Z", f"{fraction}Z")
    first = sync({**config, "end_date": until}, catalog=AROUND).ok()
    second = sync(config, first.state, AROUND).ok()
    assert lost(ids, first, second) == {}
    bookmark = first.bookmark("bills")["replication_key_value"]
    assert bookmark == utc_text(BOUND)
    # what comes after the bookmark did not come before it
    after = {
        each["Id"]
        for each in hotel.rows("Bill")
        if moment(each["UpdatedUtc"]) > BOUND and each["Id"] in ids["bills"]
    }
    assert after
    assert not after & {row["Id"] for row in first.records["bills"]}


@each_end
def test_no_row_is_lost_where_one_window_ends_and_the_next_begins(
    hotel: Sandbox, end: End
) -> None:
    hotel.limits.interval_end = end
    start = moment("2026-01-28T12:00:00Z")  # a month later is `BOUND`
    ids = put_rows(hotel, [BOUND, start + timedelta(days=10), start + 2 * FIVE_DAYS])
    config = hotel.config(
        start_date=utc_text(start), export_window_days=10, companionship_refresh_days=0
    )
    result = sync(config, catalog=AROUND).ok()
    for operation in WINDOWED.values():
        windows = intervals(hotel.journal.requests(operation))
        assert windows[0] == (start, BOUND)
    assert spans(hotel)[0] == (start, start + timedelta(days=10))
    assert lost(ids, result) == {}


@each_end
def test_rows_of_the_very_end_of_a_run_come_with_the_next_one(
    hotel: Sandbox, end: End
) -> None:
    hotel.limits.interval_end = end
    config = hotel.config(lookback_minutes=0, companionship_refresh_days=0)
    first = sync(config, catalog=AROUND).ok()
    bookmark = moment(first.bookmark("bills")["replication_key_value"])
    # committed after the run, though updated before it ended
    ids = put_rows(hotel, [bookmark + SECOND])
    early = put_rows(hotel, [bookmark - timedelta(minutes=4)])
    settle(hotel)
    second = sync({**config, "lookback_minutes": 5}, first.state, AROUND).ok()
    assert lost(ids, second) == {}
    assert lost(early, second) == {}


@each_end
def test_rows_of_the_very_start_date_come(hotel: Sandbox, end: End) -> None:
    hotel.limits.interval_end = end
    ids = put_rows(hotel, [BOUND])
    rows = {
        row["Id"]: moment(row["UpdatedUtc"])
        for entity in ("Bill", "Customer", PAGE_ENTITIES["source_assignments"])
        for row in hotel.rows(entity)
    }
    config = hotel.config(
        start_date=utc_text(BOUND + SECOND / 2), companionship_refresh_days=0
    )
    result = sync(config, catalog=AROUND).ok()
    for stream in ("bills", "customers", "source_assignments"):
        came = {row["Id"] for row in result.records[stream]} & ids[stream]
        assert came == {key for key in ids[stream] if rows[key] >= BOUND}


# the settings


@pytest.mark.parametrize(
    ("start_date", "start"),
    [
        ("2026-02-27", "2026-02-27T00:00:00Z"),
        ("2026-02-27T12:00:00", "2026-02-27T12:00:00Z"),
        ("2026-02-27T12:00:00+02:00", "2026-02-27T10:00:00Z"),
        ("2026-02-27T23:30:00-01:00", "2026-02-28T00:30:00Z"),
        ("2026-02-28T00:15:00+0530", "2026-02-27T18:45:00Z"),
        ("2026-02-27T12:00:00.999Z", "2026-02-27T12:00:00Z"),
    ],
)
def test_a_start_date_in_any_form_is_where_pages_begin(
    hotel: Sandbox, start_date: str, start: str
) -> None:
    config = hotel.config(start_date=start_date, companionship_refresh_days=0)
    sync(config, catalog=select(*WINDOWED)).ok()
    for operation in WINDOWED.values():
        assert intervals(hotel.journal.requests(operation))[0][0] == moment(start)


def test_a_start_date_in_the_future_reads_nothing_and_moves_nothing(
    hotel: Sandbox,
) -> None:
    config = hotel.config(start_date="2026-03-03", companionship_refresh_days=0)
    first = sync(config, clock=FastClock(hotel)).ok()
    asked = {each.operation for each in hotel.journal.requests()}
    assert asked == {ENTERPRISES}
    assert {stream for stream, rows in first.records.items() if rows} <= {"enterprises"}
    hotel.live_on(timedelta(days=4))
    settle(hotel)
    second = sync(config, first.state, clock=FastClock(hotel)).ok()
    start = moment("2026-03-03")
    for stream in ("bills", "source_assignments", "customers"):
        rows = latest(second.records[stream])
        assert rows == {
            key: row
            for key, row in truth(hotel, stream).items()
            if moment(row["UpdatedUtc"]) >= start
        }
    assert second.records["ledger_entries"]
    assert all(
        row["PostingDate"] >= "2026-03-03" for row in second.records["ledger_entries"]
    )


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [
        ("2026-02-20", "2026-02-20", False),
        ("2026-02-21", "2026-02-20", False),
        ("2026-02-20T00:00:01Z", "2026-02-20", False),
        ("2026-02-20T00:30:00-01:00", "2026-02-20T01:00:00Z", False),
        ("2026-02-20T01:30:00+01:00", "2026-02-20T01:00:00Z", True),
        ("2026-02-20T00:00:00+14:00", "2026-02-20T00:00:00-12:00", True),
        ("2026-02-20T00:00:00.1Z", "2026-02-20T00:00:00.9Z", False),
    ],
)
def test_which_of_two_dates_is_first_is_a_matter_of_moments(
    hotel: Sandbox, start: str, end: str, *, valid: bool
) -> None:
    config = hotel.config(start_date=start, end_date=end)
    result = sync(config, catalog=select("bills"))
    assert isinstance(result.error, InvalidSettingsError) is not valid
    if not valid:
        assert "start_date must be before end_date" in str(result.error)
        assert hotel.journal.requests() == []
