"""Groups of hundreds of properties: with a token for each, and with one for all.

The stand-in takes a second for each answer, and holds each token to its rate limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.sides import tap_side
from benchmarks.tables import Verdict, at_most, print_table
from benchmarks.walls import FOURTEEN, last_state
from sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.runs import Run

TOKENS, PROPERTIES = 200, 500

LATENCY = 1.0
"""Seconds an answer."""

TOKENS_BAR, MEMORY_BAR = 60.0, 200.0
"""Seconds of an hourly run over two hundred tokens, and megabytes."""

PROPERTIES_BAR, PORTFOLIO_MEMORY_BAR = 120.0, 120.0
"""The same of five hundred properties on one token: one operation takes one property a
request, so that the rate limit alone is 75 s."""

STATE_BAR = 60.0
"""Kilobytes of state."""

ALONE = 5
"""Runs of one token each, for the comparison."""


@dataclass
class _Measured:
    first: Run
    first_requests: int
    hourly: Run
    hourly_requests: int
    state: float


def measure(folder: Path) -> list[Verdict]:
    """Measure first and hourly runs.

    Args:
        folder: Where settings and messages go.
    """
    with _group(TOKENS) as sandbox:
        tokens = {
            f"hotel {number}": sandbox.access.single_property(hotel)
            for number, hotel in enumerate(sandbox.enterprise_ids, 1)
        }
        many = _first_and_hourly(folder, sandbox, {"access_tokens": tokens})
        alone = [_alone(folder, sandbox, each) for each in [*tokens.values()][:ALONE]]
    with _group(PROPERTIES) as sandbox:
        token = {"access_token": sandbox.access_token}
        portfolio = _first_and_hourly(folder, sandbox, token)
    each = sum(run.processor for run in alone) / ALONE
    print_table(
        "Hourly runs over fourteen streams, a second an answer",
        ("what", "requests", "seconds", "processor s", "MB", "state kB"),
        [
            _row(f"{TOKENS} tokens of one property each", many),
            _row(f"{PROPERTIES} properties on one token", portfolio),
        ],
    )
    print(
        f"\nFirst runs: {many.first.seconds:.0f} and {portfolio.first.seconds:.0f} s. "
        f"{TOKENS} runs of a token each take {TOKENS * each:.0f} s of processor time "
        f"for the tap alone, by {ALONE} of them."
    )
    return [
        at_most(f"Hourly, {TOKENS} tokens", many.hourly.seconds, TOKENS_BAR, "s"),
        at_most(f"Memory, {TOKENS} tokens", many.hourly.peak, MEMORY_BAR, "MB"),
        at_most(
            f"Hourly, {PROPERTIES} properties of a token",
            portfolio.hourly.seconds,
            PROPERTIES_BAR,
            "s",
        ),
        at_most(
            f"Memory, {PROPERTIES} properties of a token",
            portfolio.hourly.peak,
            PORTFOLIO_MEMORY_BAR,
            "MB",
        ),
        at_most("State of the larger one", portfolio.state, STATE_BAR, "kB"),
    ]


def _group(properties: int) -> Sandbox:
    return Sandbox(
        properties=properties,
        chains=properties // 20,
        days=1,
        reservations_per_day=0.2,
    )


def _config(sandbox: Sandbox, tokens: dict[str, Any]) -> dict[str, Any]:
    day = (sandbox.clock.now() - timedelta(days=3)).date().isoformat()
    config = sandbox.config(start_date=day, reference_start_date=day)
    del config["access_token"]
    return {**config, **tokens, "extraction": "pages"}


def _first_and_hourly(
    folder: Path, sandbox: Sandbox, tokens: dict[str, Any]
) -> _Measured:
    config = _config(sandbox, tokens)
    side = tap_side(folder, config, *FOURTEEN)
    sandbox.limits.latency = LATENCY
    first = side.run()
    first_requests = len(sandbox.journal.requests())
    sandbox.limits.latency = 0.0
    sandbox.limits.reset()
    state = last_state(side)
    sandbox.live_on(timedelta(hours=1))
    sandbox.journal.clear()
    sandbox.limits.reset()
    sandbox.limits.latency = LATENCY
    hourly = replace(side, command=[*side.command, "--state", state]).run()
    requests = len(sandbox.journal.requests())
    size = state.stat().st_size / 1e3
    return _Measured(first, first_requests, hourly, requests, size)


def _alone(folder: Path, sandbox: Sandbox, token: str) -> Run:
    config = _config(sandbox, {"access_token": token})
    return tap_side(folder, config, *FOURTEEN, name="alone").run()


def _row(what: str, measured: _Measured) -> list[str]:
    run = measured.hourly
    return [
        what,
        f"{measured.hourly_requests:,}",
        f"{run.seconds:.1f}",
        f"{run.processor:.1f}",
        f"{run.peak:.0f}",
        f"{measured.state:.1f}",
    ]
