"""The form in which the state is written: short, and the same when it is read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_mews.clock import Clock
from tap_mews.errors import InvalidStateError
from tap_mews.reading.state_form import FORMAT, expanded, shortened
from tap_mews.reading.state_input import KnownStream, read_state
from tap_mews.state_output import SECONDS, StateOutput
from tap_mews.timestamps import format_moment
from tests.harness import Json, moment, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

DAY, HALF_A_YEAR = timedelta(days=1), timedelta(days=182)
YEARS = [datetime.fromisoformat(f"{year}-01-01") for year in (1900, 9998)]
MOMENTS = st.datetimes(*YEARS).map(lambda each: f"{each:%Y-%m-%dT%H:%M:%SZ}")
IDS = st.lists(st.uuids().map(str), max_size=30, unique=True)
JOBS = st.fixed_dictionaries(
    {"id": st.uuids().map(str), "end": MOMENTS, "added": MOMENTS},
    optional={"start": MOMENTS, "scope": st.sampled_from(["a" * 16, "b" * 16])},
)
BOOKMARKS = st.fixed_dictionaries(
    {
        "replication_key": st.sampled_from([None, "UpdatedUtc", "PostingDate"]),
        "replication_key_value": st.none() | MOMENTS,
        "covers": st.none() | IDS,
        "joining": st.lists(
            st.fixed_dictionaries(
                {"ids": IDS},
                optional={"through": IDS, "replication_key_value": MOMENTS},
            ),
            max_size=2,
        ),
        "left": st.lists(
            st.fixed_dictionaries(
                {"ids": IDS, "since": MOMENTS, "replication_key_value": MOMENTS}
            ),
            max_size=2,
        ),
        "exports": st.lists(JOBS, max_size=4),
        "start_date": st.none() | MOMENTS,
    }
)


@given(st.dictionaries(st.sampled_from("abc"), BOOKMARKS))
def test_what_is_written_is_read_as_it_was(bookmarks: Json) -> None:
    state = {"bookmarks": bookmarks}
    text = json.dumps(shortened(state))
    read = expanded(json.loads(text))
    for name, bookmark in bookmarks.items():
        others = read["bookmarks"][name]["exports"]
        for job, other in zip(bookmark["exports"], others, strict=True):
            if job["added"] != other["added"]:
                # nothing rests on it: such a job has all rows of its window
                assert moment(job["end"]) + DAY <= moment(other["added"])
                assert moment(other["added"]) < moment(job["added"])
                other["added"] = job["added"]
    assert read == state


def test_a_job_of_an_older_state_was_taken_when_its_window_ended() -> None:
    """Its last day can have been incomplete."""
    end, more = "2026-01-01T00:00:00Z", {"scope": "a"}
    jobs = [["x", end, more], ["y", "2026-02-01T00:00:00Z"]]
    state = {"bookmarks": {"ledger_entries": {"of": None, "jobs": jobs}}, "format": 2}
    read = expanded(state)["bookmarks"]["ledger_entries"]["exports"]
    assert [each["added"] for each in read] == [end, "2026-02-01T00:00:00Z"]


def test_a_state_of_the_first_release_is_taken_as_it_is() -> None:
    bookmark = {"replication_key_value": "2026-01-01T00:00:00Z", "covers": ["a"]}
    old: Json = {"bookmarks": {"bills": bookmark}}
    assert expanded(old) == old


def test_what_the_first_release_wrote_into_a_newer_state_counts() -> None:
    state = shortened({"bookmarks": {"bills": {"covers": ["a"], "exports": []}}})
    job = {"id": "x", "end": "2026-01-01T00:00:00Z", "added": "2026-01-01T00:00:00Z"}
    state["bookmarks"]["bills"] |= {"covers": ["a", "b"], "exports": [job]}
    read = expanded(state)["bookmarks"]["bills"]
    assert (read["covers"], read["exports"]) == (["a", "b"], [job])


def test_what_the_first_release_does_not_read_keeps_its_bookmark() -> None:
    """It writes the lists of what it reads in full, and drops `ids` and `format`."""
    both = {name: {"covers": ["a", "b"], "exports": []} for name in ("bills", "rates")}
    bookmarks = shortened({"bookmarks": both})["bookmarks"]
    bookmarks["bills"] |= {"covers": ["b", "a"]}
    read = expanded({"bookmarks": bookmarks})["bookmarks"]["rates"]
    assert sorted(read["covers"]) == ["a", "b"]


@pytest.mark.parametrize("found", [None, ["b"]], ids=["missing", "another"])
def test_a_list_that_is_missing_or_another_one_is_refused(
    found: list[str] | None,
) -> None:
    state = shortened({"bookmarks": {"bills": {"covers": ["a"], "exports": []}}})
    (name,) = state["ids"]
    state["ids"] = {name: found} if found else {}
    with pytest.raises(InvalidStateError, match=f"bills: .*has no list {name}"):
        expanded(state)


def test_a_state_of_a_later_release_is_refused_whatever_else_it_has() -> None:
    state = {"bookmarks": {"bills": {"jobs": 5}}, "format": FORMAT + 1}
    with pytest.raises(InvalidStateError, match="of a newer release"):
        read_state(state, {"bills": KnownStream(["jobs"], "UpdatedUtc", None)})


def test_merged_states_bring_no_coverage_that_there_never_was() -> None:
    one = shortened({"bookmarks": {"bills": {"covers": ["a"], "exports": []}}})
    two = shortened({"bookmarks": {"bills": {"covers": ["a", "b"], "exports": []}}})
    both = {**two, "ids": {**one["ids"], **two["ids"]}}
    assert expanded(both)["bookmarks"]["bills"]["covers"] == ["a", "b"]


def test_three_hundred_properties_fit_into_sixty_kilobytes() -> None:
    ids = [f"{number:08}-0000-4000-8000-000000000000" for number in range(300)]
    state = {
        "bookmarks": {
            f"stream_number_{number}": {
                "replication_key": "UpdatedUtc",
                "replication_key_value": "2026-01-01T00:00:00Z",
                "covers": ids,
                "joining": [],
                "exports": [],
                "start_date": None,
            }
            for number in range(76)
        }
    }
    assert len(json.dumps(shortened(state))) < 60_000


def test_twenty_years_of_ten_types_fit_into_thirty_kilobytes() -> None:
    begun = moment("2005-01-01")
    jobs = [
        {
            "id": f"{number:08}-0000-4000-8000-000000000000",
            "start": format_moment(begun + number * HALF_A_YEAR),
            "end": format_moment(begun + (number + 1) * HALF_A_YEAR),
            "scope": "a" * 16,
            "added": "2026-03-01T00:00:00Z",
        }
        for number in range(41)
    ]
    bookmark = {"covers": ["a"], "exports": jobs, "replication_key": "UpdatedUtc"}
    short = shortened(
        {"bookmarks": {f"type{number}": bookmark for number in range(10)}}
    )
    assert (
        len(json.dumps([each["jobs"] for each in short["bookmarks"].values()])) < 30_000
    )


class _Told(list[Json]):
    """Takes the place of standard output."""

    def write_message(self, message: object) -> None:
        self.append(message.to_dict()["value"])  # type: ignore[attr-defined]


class _Time(Clock):
    """Stands still until it is set."""

    seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


def test_states_come_once_a_second_and_the_last_one_always() -> None:
    told, clock = _Told(), _Time()
    output = StateOutput(told, clock, dict)  # type: ignore[arg-type]
    for number in range(5):
        output.write_state({"bookmarks": {"bills": {"n": number}}})
    assert [each["bookmarks"]["bills"]["n"] for each in told] == [0]
    clock.seconds += SECONDS
    output.write_due()
    assert [each["bookmarks"]["bills"]["n"] for each in told] == [0, 4]
    output.write_state({"bookmarks": {"bills": {"n": 5}}})
    output.flush()
    output.flush()
    assert [each["bookmarks"]["bills"]["n"] for each in told] == [0, 4, 5]


def test_the_state_that_a_run_emits_has_the_form(sandbox: Sandbox) -> None:
    result = sync(sandbox.config(), catalog=select("bills", "payments")).ok()
    state = result.state
    assert state["format"] == FORMAT
    (ids,) = state["ids"].values()
    assert ids == sorted(sandbox.enterprise_ids)
    assert {each["covers"] for each in state["bookmarks"].values()} == {None}
    again = sync(sandbox.config(), state, select("bills", "payments")).ok()
    assert again.state["bookmarks"].keys() == state["bookmarks"].keys()
