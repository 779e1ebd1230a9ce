"""Sums up what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crashes.tally import Tally

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Takes the numbers of the session."""
    return pytestconfig.stash.setdefault(TALLY, Tally())


def pytest_terminal_summary(
    terminalreporter: TerminalReporter, config: pytest.Config
) -> None:
    """Print the numbers."""
    found = config.stash.get(TALLY, None)
    if found is not None and found.histories:
        terminalreporter.section("crash histories")
        terminalreporter.write_line(str(found))
