"""Rows of exports and of pages alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.odd_rows.sources import Export, Pages, Source

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """A hotel that has opened lately."""
    with Sandbox(properties=1, days=3) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield sandbox
        assert sandbox.journal.breaches == []


@pytest.fixture(params=[Export, Pages], ids=["export", "pages"])
def source(request: pytest.FixtureRequest, hotel: Sandbox) -> Source:
    """Each of the two."""
    found: Source = request.param(hotel)
    return found
