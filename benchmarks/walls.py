"""What a run waits for: Mews' exports, its latency, its rate limit."""

from __future__ import annotations

import json
import math
import subprocess
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.rows import ENTITIES
from benchmarks.runs import ENVIRONMENT, Side
from benchmarks.sides import tap_side
from benchmarks.slow_mews import serving
from benchmarks.tables import Verdict, at_most, print_table
from sandbox import Sandbox
from tap_mews.streams.series import Series
from tap_mews.tap import TapMews

if TYPE_CHECKING:
    from pathlib import Path

HISTORY_BAR = 1.3
"""Times what the slowest entity type takes at Mews."""

FOURTEEN = (
    *ENTITIES,
    "companionships",
    "enterprises",
    "reservation_group_source_assignments",
    "source_assignments",
)
"""The streams that were there first; others are compared by what these take."""

HOURLY_BAR, HOURLY_BAR_OF_ALL = 8.0, 15.0
"""Seconds of fourteen streams, and of all that are selected by default, of three
properties, at a second an answer."""

FIRST_REQUESTS, FIRST_SECONDS = 200, 30.0
"""Of the first run over the small streams of two properties, at a second an answer."""

WINDOW_DAYS, WINDOWS, EXPORT_SECONDS = 20, 41, 2.0

SHORT_WINDOWS, SLOW_SECONDS = 11, 5.0
"""For the histories in which one type takes ten times as long as the others."""

LATENCIES = (0.3, 1.0, 3.0)

PAGES = 1000

MONTHS = 50
"""Windows of the history by pages."""

PEAK_BAR = 120.0
"""MB that the tap may take."""

REQUESTS, SECONDS = 200, 30.0
"""The rate limit of an access token."""


def measure(folder: Path) -> list[Verdict]:
    """Measure the walls.

    Args:
        folder: Where settings and messages go.
    """
    return [
        *_histories(folder),
        *_small_streams(folder),
        *_hourly(folder),
        *_pages(folder),
    ]


def _histories(folder: Path) -> list[Verdict]:
    """Ten entity types in many windows, alike or with one that is slower."""
    streams = sorted(ENTITIES)
    slow = {"first": streams[0], "in the middle": streams[5], "last": streams[-1]}
    rows, verdicts = [], []
    for where, stream in {"none": None, **slow}.items():
        windows = SHORT_WINDOWS if stream else WINDOWS
        seconds = EXPORT_SECONDS / 2 if stream else EXPORT_SECONDS
        slowest = windows * (SLOW_SECONDS if stream else seconds)
        with Sandbox(properties=1, days=30, reservations_per_day=1) as sandbox:
            sandbox.limits.requests = 1_000_000
            sandbox.exports.seconds = {
                entity: SLOW_SECONDS if name == stream else seconds
                for name, entity in ENTITIES.items()
            }
            start = sandbox.clock.now() - timedelta(days=WINDOW_DAYS * windows - 1)
            config = sandbox.config(
                extraction="exports",
                export_window_days=WINDOW_DAYS,
                start_date=start.date().isoformat(),
            )
            run = tap_side(folder, config, *streams).run()
        rows.append([where, f"{windows}", f"{slowest:.1f}", f"{run.seconds:.1f}"])
        name = "A history of ten types" + (f", one slower: {where}" if stream else "")
        verdicts.append(at_most(name, run.seconds / slowest, HISTORY_BAR, ""))
    print_table(
        "Histories of ten entity types through exports",
        ("slower type", "windows", "slowest type at Mews, s", "seconds"),
        rows,
    )
    return verdicts


def _small_streams(folder: Path) -> list[Verdict]:
    """Everything beyond the first fourteen streams, and the same an hour later."""
    small = [
        each.name
        for each in TapMews(validate_config=False).streams.values()
        if each.name not in FOURTEEN and not isinstance(each, Series)
    ]
    with Sandbox(properties=2, days=30, reservations_per_day=2) as sandbox:
        sandbox.limits.latency = 1.0
        side = tap_side(folder, sandbox.config(), *small)
        first = side.run()
        requests = len(sandbox.journal.requests())
        sandbox.limits.latency = 0.0
        state = last_state(side)
        sandbox.live_on(timedelta(hours=1))
        sandbox.journal.clear()
        sandbox.limits.reset()
        sandbox.limits.latency = 1.0
        later = replace(side, command=[*side.command, "--state", state]).run()
        requests_later = len(sandbox.journal.requests())
    print_table(
        f"{len(small)} small streams of two properties at a second an answer",
        ("run", "requests", "seconds"),
        [
            ["first", f"{requests}", f"{first.seconds:.1f}"],
            ["an hour later", f"{requests_later}", f"{later.seconds:.1f}"],
        ],
    )
    name = "The first run over the small streams"
    return [
        at_most(f"{name}, requests", requests, FIRST_REQUESTS, ""),
        at_most(name, first.seconds, FIRST_SECONDS, "s"),
        # each of them once, the lists that they share, and parents that changed
        at_most("An hour later, requests", requests_later, len(small) + 10, ""),
    ]


def _hourly(folder: Path) -> list[Verdict]:
    """Runs an hour after the last one."""
    everything = [
        each.name
        for each in TapMews(validate_config=False).streams.values()
        if each.selected_by_default
    ]
    verdicts = []
    for what, streams, bar in (
        ("fourteen streams", FOURTEEN, HOURLY_BAR),
        ("all default streams", everything, HOURLY_BAR_OF_ALL),
    ):
        with Sandbox(properties=3, days=30, reservations_per_day=2) as sandbox:
            config = sandbox.config(reference_start_date="2026-01-01")
            state = last_state(tap_side(folder, config, *streams, name="first"))
            sandbox.live_on(timedelta(hours=1))
            sandbox.journal.clear()
            sandbox.limits.reset()
            sandbox.limits.latency = 1.0
            side = tap_side(folder, config, *streams)
            run = replace(side, command=[*side.command, "--state", state]).run()
            asked = [each.operation for each in sandbox.journal.requests()]
        print_table(
            f"An hourly run over {what} at a second an answer: {run.seconds:.1f} s",
            ("request", "times"),
            [[name, str(asked.count(name))] for name in dict.fromkeys(asked)],
        )
        verdicts.append(at_most(f"An hourly run over {what}", run.seconds, bar, "s"))
    return verdicts


def last_state(side: Side) -> Path:
    """The state that a run leaves, in a file."""
    done = subprocess.run(
        side.command, cwd=side.folder, env=ENVIRONMENT, capture_output=True, check=True
    )
    *_, last = (
        message["value"]
        for message in map(json.loads, done.stdout.splitlines())
        if message["type"] == "STATE"
    )
    path = side.folder / "state.json"
    path.write_text(json.dumps(last), "utf-8")
    return path


def _pages(folder: Path) -> list[Verdict]:
    """A history by pages, at the rate limit."""
    rows, verdicts = [], []
    for latency in LATENCIES:
        with serving(latency, PAGES // MONTHS) as mews:
            config = {
                "client_token": "client-token",
                "access_token": "access-token",
                "api_url": mews.url,
                "extraction": "pages",
                "start_date": "2021-01-15",
                "end_date": "2025-03-10",
            }
            run = tap_side(folder, config, "order_items").run(PAGES * 1000)
            asked, most = len(mews.arrivals), mews.most_in(SECONDS)
        bar = (SECONDS * (math.ceil(asked / REQUESTS) - 1) + latency) / 0.9
        peak = f"{run.peak:.0f}"
        rows.append([f"{latency}", f"{asked}", f"{run.seconds:.1f}", f"{most}", peak])
        name = f"A history by pages at {latency} s"
        verdicts += [
            at_most(name, run.seconds, bar, "s"),
            at_most(f"{name}, requests in 30 s", most, REQUESTS, ""),
            at_most(f"{name}, resident", run.peak, PEAK_BAR, "MB"),
        ]
    print_table(
        "A history by pages",
        ("seconds an answer", "requests", "seconds", "most requests in 30 s", "MB"),
        rows,
    )
    return verdicts
