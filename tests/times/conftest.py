"""A hotel with a short history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.pages_harness import settle

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """A hotel with a short history."""
    with Sandbox(properties=1, days=5) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox
        assert sandbox.journal.breaches == []
