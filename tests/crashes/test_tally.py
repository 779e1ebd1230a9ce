"""The numbers of several processes become one."""

from __future__ import annotations

import json
from collections import Counter

from tests.crashes.tally import Tally


def test_the_numbers_of_processes_are_added_up() -> None:
    tally = Tally(histories=2, kills=Counter(InFile=1), largest_state=900, lost=1)
    other = Tally(histories=3, kills=Counter(InFile=4, AtPause=2), largest_state=700)
    # as xdist carries them
    tally.add(json.loads(json.dumps(other.numbers())))
    assert tally == Tally(
        histories=5, kills=Counter(InFile=5, AtPause=2), largest_state=900, lost=1
    )
