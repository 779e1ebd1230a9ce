"""A sandbox and a client of it for each test.

No `__init__.py` here: as a package this folder could hide the real `sandbox`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.sandbox.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def days_of_history(request: pytest.FixtureRequest) -> int:
    """How long the history is."""
    mark = request.node.get_closest_marker("days")
    return int(mark.args[0]) if mark else 20


@pytest.fixture
def sandbox(days_of_history: int) -> Iterator[Sandbox]:
    """Two hotels with a short history."""
    with Sandbox(properties=2, days=days_of_history) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    """Give a client with the portfolio token."""
    with Api(sandbox) as api:
        yield api
