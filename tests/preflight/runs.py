"""Runs over all streams, in time that passes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.export_harness import ENTITIES
from tests.harness import FastClock, Result, select
from tests.harness import sync as sync_in_process
from tests.pages_harness import (
    PAGE_ENTITIES,
)

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.harness import Json

ALL = (*ENTITIES, *PAGE_ENTITIES)

LATE = 30
"""Real seconds that a test waits at most for what is to happen soon."""


def sync(
    sandbox: Sandbox, *streams: str, state: Json | None = None, **settings: object
) -> Result:
    """Run over some streams, or all of them."""
    return sync_in_process(
        sandbox.config(**settings),
        state,
        select(*(streams or ALL)),
        FastClock(sandbox),
    )


def warnings(result: Result) -> list[str]:
    """The lines of the log that warn."""
    return [each for each in result.logs if each.startswith("WARNING")]
