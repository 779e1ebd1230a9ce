"""How much is tried: for a change, in CI, and every week.

Without `EXAMPLES`, tests that run the tap with many cases try some of them; with 1, all
of them, as the workflow does for each change; with more, Hypothesis makes up more.
"""

from __future__ import annotations

from os import environ
from typing import TYPE_CHECKING, Any

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

TIMES = int(environ.get("EXAMPLES") or 1)
"""As many times the examples that Hypothesis makes up."""

TRIES_ALL = bool(environ.get("EXAMPLES") or environ.get("CRASH_HISTORIES"))

HOTELS = {"sandbox", "sandbox_today", "hotels"}
"""Fixtures of tests that run the tap, and so take long."""

PROCESSES = {"tally"}
"""Fixtures of those that kill it."""

EVERY, EVERY_STORY = 7, 2
"""Of many cases, every so many are tried."""

FEW, FEW_STORIES = 3, 20
"""So many cases are all tried."""


def examples(count: int, **others: Any) -> settings:  # noqa: ANN401 - as settings
    """Settings with so many examples; how long one takes depends on the machine."""
    return settings(max_examples=count * TIMES, deadline=None, **others)


def is_chosen(test: pytest.Item, number: int, count: int) -> bool:
    """Whether to try a case.

    Args:
        test: The case.
        number: Of the case among those of its test, from 0.
        count: Cases of its test that were asked for.
    """
    fixtures = {*getattr(test, "fixturenames", ())}
    if TRIES_ALL or not fixtures & (HOTELS | PROCESSES):
        return True
    few, every = (FEW, EVERY) if fixtures & HOTELS else (FEW_STORIES, EVERY_STORY)
    return count <= few or number % every == 0
