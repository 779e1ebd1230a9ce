"""Streams of each kind, and what a target has not of them."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from tests.export_harness import ENTITIES
from tests.pages_harness import PAGE_ENTITIES, WINDOWED, latest, truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox import Sandbox
    from tests.harness import Json, Result


ALL = (*ENTITIES, *PAGE_ENTITIES)
KINDS = ("bills", "customers", "ledger_entries", *WINDOWED)
UTC = timezone.utc
LAG = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
End: TypeAlias = Literal["inclusive", "exclusive"]
each_end = pytest.mark.parametrize("end", ["inclusive", "exclusive"])


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
