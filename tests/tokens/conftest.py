"""A group of hotels with a token for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.pages_harness import BEFORE_ALL, History, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Json

NAMES = ("North", "East", "South", "West")

STREAMS = (
    "enterprises",
    "services",
    "rates",
    "bills",
    "customers",
    "source_assignments",
    "sources",
)
"""Of each kind: whole, under parents, exported, of a chain, of one hotel a request,
without identifiers."""


@pytest.fixture
def group() -> Iterator[Sandbox]:
    """Four hotels in two chains."""
    with Sandbox(properties=4, chains=2, days=20, reservations_per_day=0.5) as sandbox:
        # the budget is counted in real time, which tests do not spend
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox
        assert sandbox.journal.breaches == []


@pytest.fixture
def tokens(group: Sandbox) -> dict[str, str]:
    """The token of each hotel, by a name."""
    hotels = zip(NAMES, group.enterprise_ids, strict=True)
    return {name: group.access.single_property(hotel) for name, hotel in hotels}


@pytest.fixture
def settings(tokens: dict[str, str]) -> Json:
    """Read by these tokens, and not since Mews was founded."""
    return {
        "access_token": None,
        "access_tokens": tokens,
        "start_date": BEFORE_ALL,
        "reference_start_date": BEFORE_ALL,
    }


@pytest.fixture
def history(group: Sandbox, settings: Json) -> History:
    """A pipeline over all of them."""
    return History(group, STREAMS, settings)
