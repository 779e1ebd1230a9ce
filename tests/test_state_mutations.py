"""A state that the tap wrote, with anything in the place of each of its parts.

Whatever it is, the run has every row or ends with one line, and no bookmark moves.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tap_mews.errors import InvalidStateError
from tap_mews.reading.state_form import expanded
from tap_mews.tap import TapMews
from tests.export_harness import truth
from tests.harness import FastClock, Json, Result, records_by_id, select, sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox

START = "2026-02-20"
BILLS = select("bills")

MADE: dict[str, Any] = {
    "null": None,
    "an integer": 5,
    "a fraction": 1.5,
    "true": True,
    "a text": "abc",
    "no text": "",
    "no list": [],
    "a list of numbers": [5],
    "a list of null": [None],
    "a list of texts": ["abc"],
    "lists in lists": [[["abc"]]],
    "no object": {},
    "an object": {"a": 1},
    "a huge number": 10**30,
    "a negative number": -1,
    "seconds since 1970": 1767225600,
    "year 1": "0001-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59-05:00",
    "a moment in the future": "2031-01-01T00:00:00Z",
    "a day that is none": "2026-02-30",
    "half a letter": "a\ud800",
    "NUL": "a\0b",
}
"""What stands in the place of a part."""

OF_A_LIBRARY = re.compile(r"Error|NoneType|object has no|iterable|subscript|expected")


def parts(document: Any, *path: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """The paths of all parts; of each list, the first entry stands for all."""
    if path:
        yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from parts(value, *path, key)
    elif isinstance(document, list):
        for value in document[:1]:
            yield from parts(value, *path, 0)


def mutants(state: Json) -> Iterator[tuple[str, Json]]:
    """The state with each of its parts missing, twice, or something else."""
    for *folder, name in parts(state):
        where = ".".join(map(str, [*folder, name]))
        for kind in ("missing", "twice", "capitals and blanks", *MADE):
            mutant = deepcopy(state)
            place: Any = mutant
            for key in folder:
                place = place[key]
            if kind == "missing":
                del place[name]
            elif kind in MADE:
                place[name] = deepcopy(MADE[kind])
            elif kind == "twice" and isinstance(place[name], list):
                place[name] = place[name] * 2
            elif kind == "capitals and blanks" and isinstance(place[name], str):
                place[name] = f" {place[name].upper()}\n"
            if mutant != state:
                yield f"{where}, {kind}", mutant


def busiest(result: Result) -> Json:
    """The state of a run with most in it."""
    return max(
        result.states,
        key=lambda state: [
            bool(state["bookmarks"]["bills"].get(key))
            for key in ("joining", "left", "jobs")
        ].count(True),
    )


@pytest.mark.parametrize("origin", ["this release", "0.1"])
def test_no_part_of_a_state_can_cost_a_row_or_be_told_in_words_of_a_library(
    sandbox: Sandbox, origin: str
) -> None:
    one, other = sandbox.enterprise_ids
    settings = {"start_date": START, "export_window_days": 2, "extraction": "exports"}
    first = sync(
        sandbox.config(enterprise_ids=[one], end_date="2026-02-24", **settings),
        catalog=BILLS,
        clock=FastClock(sandbox),
    ).ok()
    second = sync(
        sandbox.config(enterprise_ids=[other], **settings),
        state=first.state,
        catalog=BILLS,
        clock=FastClock(sandbox),
    ).ok()
    state = busiest(second)
    assert all(state["bookmarks"]["bills"][key] for key in ("joining", "left", "jobs"))
    if origin == "0.1":
        state = expanded(state)
    config = sandbox.config(start_date=START, extraction="pages")
    rows = truth(sandbox, "bills").items()
    due = {key for key, row in rows if row["UpdatedUtc"] >= START}
    tap = TapMews(config=config, catalog=BILLS)
    refused: list[str] = []
    accepted: dict[str, list[str]] = defaultdict(list)
    for case, mutant in mutants(state):
        try:
            tap.load_state(mutant)
        except InvalidStateError as error:
            refused.append(f"{case}: {error}")
        else:
            accepted[case.split(",")[0]].append(json.dumps(tap.state))
    for text in refused:
        assert not OF_A_LIBRARY.search(text)
        assert text.isprintable()
        assert "; repair it, or " in text or text.endswith("; update the tap")
    assert len(refused) > 300
    assert len(accepted) > 20
    # two of each part will do: most of what is accepted is understood alike
    some = {
        text: part for part, texts in accepted.items() for text in (texts[0], texts[-1])
    }
    for understood, case in some.items():
        done = sync(config, state=json.loads(understood), catalog=BILLS)
        if done.error:
            assert "at the latest" in str(done.error), case
            assert done.records == {}, case
        else:
            assert records_by_id("bills", first, done).keys() >= due, case
