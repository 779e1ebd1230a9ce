"""When to look at running exports again, in monotonic seconds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_mews.exports.jobs import EntityExports

FIRST_PAUSE = 0.5
"""Seconds before the first look at an export, where it is unknown how long it takes."""

SHORTEST_PAUSE = 0.25
"""Seconds between two looks where an export is due."""

PAUSE_SHARE = 0.1
"""A pause is this share of the time waited so far, so little is lost at the end."""

SOONEST = 0.8
"""An export is expected after this share of the time that the one before it took."""

JITTER = 0.1


def next_look(
    entities: Sequence[EntityExports], looked: float, longest_pause: float
) -> float:
    """When to look again at all exports that run.

    Args:
        entities: The exports of each entity type.
        looked: When the last look was.
        longest_pause: Most seconds between two looks.
    """
    moments = [
        _due(job.since, looked, entity.seconds)
        for entity in entities
        for job in entity.jobs
        if job.is_running
    ]
    moments += [
        _due(entity.blocked_since, looked)
        for entity in entities
        if entity.blocked_since is not None
    ]
    return min([*moments, looked + longest_pause])


def seconds_taken(
    since: float, before: float, looked: float, expected: float | None
) -> float:
    """How long an export took that is ready, as a look shows that was not late.

    Other work can hold a look up. What is learned from it must not hold up others.

    Args:
        since: When it was added.
        before: When it was running still.
        looked: When it was found ready.
        expected: Seconds that it was expected to take, if any were known.
    """
    return min(looked, _due(since, before, expected)) - since


def _due(since: float, looked: float, expected: float | None = None) -> float:
    """When to look again at an export.

    Args:
        since: When it was added.
        looked: When the last look was.
        expected: Seconds that it may take, if any is known.
    """
    waited = looked - since
    if expected is not None and waited < SOONEST * expected:
        return since + SOONEST * expected
    pause = FIRST_PAUSE if expected is None else SHORTEST_PAUSE
    return max(looked, since) + _with_jitter(max(pause, PAUSE_SHARE * waited))


def pause_before_adding(waited: float, longest_pause: float) -> float:
    """Seconds until an export that was refused as another one runs is tried again.

    Args:
        waited: Seconds since it was refused first.
        longest_pause: Most seconds between two looks.
    """
    pause = _with_jitter(max(FIRST_PAUSE, PAUSE_SHARE * waited))
    return min(pause, longest_pause)


def _with_jitter(seconds: float) -> float:
    """About as many seconds, so that several runs do not ask at the same moments."""
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
