"""A hotel with guests who are to be recognized."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.pages_harness import settle
from tests.secrecy.shown import GUEST

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A hotel whose guests all have one name."""
    with Sandbox(properties=1, days=5) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        for row in sandbox.rows("Customer"):
            names = dict.fromkeys(("FirstName", "LastName", "Notes", "Phone"), GUEST)
            sandbox.put("Customer", {**row, **names, "Email": f"{GUEST}@x.example"})
        yield sandbox
        # among them: a token that was sent to the file host
        assert [each for each in sandbox.journal.breaches if each.status != 401] == []
