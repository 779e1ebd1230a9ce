"""Hotels that are asked for all streams at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.pages_harness import (
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Two hotels; some of these tests ask with wrong tokens, so no breach counts."""
    with Sandbox(properties=2, days=10, reservations_per_day=1) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox
