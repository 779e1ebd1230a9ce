"""A small sandbox for each test, and a clock that moves it."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import settings

from sandbox import Sandbox
from sandbox.server import Server
from tap_mews.api.redaction import REDACTOR
from tests.examples import is_chosen
from tests.harness import SERVING, FastClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

# how long an example takes says more about the machine than about the tap
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Try some of the cases of tests that run the tap, of those that were asked for."""
    names = [item.nodeid.partition("[")[0] for item in items]
    counts, seen = Counter(names), Counter[str]()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for name, item in zip(names, items, strict=True):
        chosen = is_chosen(item, seen[name], counts[name])
        (kept if chosen else left_out).append(item)
        seen[name] += 1
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def pytest_collection_finish() -> None:
    """Look for no garbage among what stays: modules, and thousands of tests.

    And seldom among the rest: a sandbox has so many objects that it was a quarter of
    the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


UNMEASURED: dict[type, tuple[str, ...]] = {
    Server: ("serve_forever", "process_request_thread"),
    Sandbox: ("__init__", "live_on", "add_property", "rows", "lines"),
}


@pytest.fixture(scope="session", autouse=True)
def _no_words_about_old_pythons() -> Iterator[None]:
    """Keep the processes of tests free of a warning of the SDK, as pytest is.

    By the date it warns of a Python near or past its end of life, in lines of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONWARNINGS", "ignore:Python 3.")
        yield


@pytest.fixture(scope="session", autouse=True)
def _unmeasured_sandbox() -> Iterator[None]:
    """Keep coverage, which measures the tap alone, out of the sandbox.

    To be told of its every line takes longer than what it does.
    """
    with pytest.MonkeyPatch.context() as patch:
        for owner, names in UNMEASURED.items():
            for name in names:
                patch.setattr(owner, name, _untraced(getattr(owner, name)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _known_sandboxes() -> Iterator[None]:
    """Let a clock without a sandbox of its own show the time of the newest one."""
    enter, leave = Sandbox.__enter__, Sandbox.__exit__

    def entered(sandbox: Sandbox) -> Sandbox:
        found = enter(sandbox)
        SERVING[sandbox.url] = sandbox
        return found

    def left(sandbox: Sandbox, *reason: Any) -> None:  # noqa: ANN401
        SERVING.pop(sandbox.url, None)
        leave(sandbox, *reason)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sandbox, "__enter__", entered)
        patch.setattr(Sandbox, "__exit__", left)
        yield


def _untraced(work: Callable[..., T]) -> Callable[..., T]:
    def work_untraced(*args: object, **named: object) -> T:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return work(*args, **named)
        finally:
            sys.settrace(tracer)

    return work_untraced


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the redactor, one for the process, know no tokens of earlier tests."""
    monkeypatch.setattr(REDACTOR, "_secrets", set())


@pytest.fixture
def days_of_history(request: pytest.FixtureRequest) -> int:
    """How long the history of the hotels is: a month, unless a test needs less."""
    mark = request.node.get_closest_marker("days")
    return int(mark.args[0]) if mark else 30


@pytest.fixture
def sandbox_today(days_of_history: int) -> Iterator[Sandbox]:
    """The same hotels today: a process has the clock of this machine."""
    now = datetime.now(timezone.utc)
    with Sandbox(
        properties=2, days=days_of_history, reservations_per_day=1, start=now
    ) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield sandbox
        assert sandbox.journal.breaches == []


@pytest.fixture
def sandbox(days_of_history: int) -> Iterator[Sandbox]:
    """Two small hotels with some history; what is asked must be allowed."""
    with Sandbox(properties=2, days=days_of_history, reservations_per_day=1) as sandbox:
        # the budget is counted in real time, which tests do not spend
        sandbox.limits.requests = 1_000_000
        yield sandbox
        assert sandbox.journal.breaches == []


@pytest.fixture
def clock(sandbox: Sandbox) -> FastClock:
    """A clock whose pauses let the sandbox's time pass."""
    return FastClock(sandbox)
