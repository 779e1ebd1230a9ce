"""Sums up what was tried, over all processes that pytest has started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.crashes.tally import Tally

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

TALLY = pytest.StashKey[Tally]()

OUTPUT = "crash histories"
"""Where a process that xdist has started leaves its numbers for the one that prints."""


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Takes the numbers of this process."""
    return _tally(pytestconfig)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what only waits: so it costs no time."""
    items.sort(key=lambda item: item.path.name != "test_crash_stalls.py")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the numbers over, in a process that xdist has started."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[OUTPUT] = _tally(session.config).numbers()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - of a plugin that may be off
    """Add the numbers of a process that has ended; one that crashed left none."""
    output = getattr(node, "workeroutput", {})
    _tally(node.config).add(output.get(OUTPUT, {}))


def pytest_terminal_summary(
    terminalreporter: TerminalReporter, config: pytest.Config
) -> None:
    """Print the numbers."""
    found = _tally(config)
    if found.runs:
        terminalreporter.section(OUTPUT)
        terminalreporter.write_line(str(found))


def _tally(config: pytest.Config) -> Tally:
    return config.stash.setdefault(TALLY, Tally())
