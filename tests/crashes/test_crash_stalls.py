"""An answer that takes half a minute is waited for, in real time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Stall
from tests.crashes.histories import History, complete, founded, world_of
from tests.crashes.mortal import FILES
from tests.crashes.steps import Run

if TYPE_CHECKING:
    from tests.crashes.tally import Tally

BILLS = History(("bills",), (), properties=1, seconds=0)


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["exports/add", "exports/getAll", FILES])
def test_an_answer_that_takes_half_a_minute_is_waited_for(
    operation: str, tally: Tally
) -> None:
    with founded(BILLS) as sandbox:
        world = world_of(BILLS, sandbox, tally)
        sandbox.faults.add(operation, Stall(30))
        outcome = Run().outcome(world)
        assert outcome.error is None
        # nothing was given up and asked for again
        assert outcome.life.reached[operation] == 1
        complete(world)
