"""Runs of the tap in this process that can be killed as if by SIGKILL.

A killed process does nothing more: no `finally`, no finalizer and no thread of it
writes a byte or sends a request. Here they do run, so from the moment of the kill on
every way out of the run is closed: standard output, the network, the clock.
"""

from __future__ import annotations

import io
import json
import logging
import threading
from collections import Counter
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

from tap_mews.errors import TapMewsError
from tap_mews.tap import TapMews
from tests.crashes.readable import Readable
from tests.harness import FastClock, Lines, select

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from requests import PreparedRequest, Response, Session
    from singer_sdk import Stream

    from sandbox import Sandbox
    from tap_mews.metrics.record import RunRecord
    from tap_mews.run import Run
    from tests.crashes.target import Target
    from tests.harness import Json

FILES = "files"
PAUSE, MESSAGE = "pause", "message"


class Killed(BaseException):
    """The process is gone."""


@dataclass(frozen=True, repr=False)
class AfterMessage(Readable):
    """After so many whole messages, whatever was written at once with them."""

    number: int


@dataclass(frozen=True, repr=False)
class AtCall(Readable):
    """At a call of an operation, or at a download; 1 is the first one.

    Attributes:
        operation: Of the API, or `files`.
        number: Which call.
        done: Whether Mews has carried it out; its answer is lost.
    """

    operation: str
    number: int
    done: bool


@dataclass(frozen=True, repr=False)
class InFile(Readable):
    """When half of a file has come; 1 is the first one."""

    number: int


@dataclass(frozen=True, repr=False)
class AtPause(Readable):
    """While it waits; 1 is the first pause."""

    number: int


Kill = AfterMessage | AtCall | InFile | AtPause


@dataclass
class Life:
    """How long a run may live, and what it did so far.

    Attributes:
        target: Reads what it writes.
        clock: Its time.
        kill: When it is killed, if it is.
        slow: Seconds that the target takes for each message.
        reached: How often each kind of moment came: calls by operation, files, pauses
            and messages.
        is_over: Whether it was killed, or has ended: nothing more may come of it.
        was_killed: Whether it was killed.
    """

    target: Target
    clock: FastClock
    kill: Kill | None = None
    slow: float = 0.0
    reached: Counter[str] = field(default_factory=Counter)
    is_over: bool = False
    was_killed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def go_on(self) -> None:
        """Do nothing, but not when the run is over.

        Raises:
            Killed: It is.
        """
        if self.is_over:
            raise Killed

    def end(self) -> None:
        """Be killed.

        Raises:
            Killed: Always.
        """
        self.is_over = self.was_killed = True
        raise Killed

    def count(self, moment: str) -> int:
        """Note that a moment has come, and give its number."""
        with self._lock:
            self.go_on()
            self.reached[moment] += 1
            return self.reached[moment]

    def write(self, line: bytes) -> None:
        """Write a message."""
        self.go_on()
        if self.kill == AfterMessage(self.reached[MESSAGE]):
            self.end()
        self.count(MESSAGE)
        self.target.take(line)
        if self.slow:
            self.clock.pass_time(self.slow)


class MortalClock(FastClock):
    """A clock at whose pauses a run can be killed."""

    life: Life

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        if self.life.kill == AtPause(self.life.count(PAUSE)):
            self.life.end()
        super().sleep(seconds)


class _Output(io.BytesIO):
    """The standard output of a run; a target reads it."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer
        for line in bytes(data).splitlines(keepends=True):
            assert line.endswith(b"\n"), "a message was not written whole"
            self._life.write(line)
        return len(data)


class _Wire(HTTPAdapter):
    """The network of a run."""

    def __init__(self, life: Life) -> None:
        super().__init__(pool_maxsize=32)
        self._life = life

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - as requests has them
        life, operation = self._life, _operation(request)
        number = life.count(operation)
        if life.kill == AtCall(operation, number, done=False):
            life.end()
        response = super().send(request, *args, **kwargs)
        if life.kill == AtCall(operation, number, done=True):
            response.close()
            life.end()
        if operation == FILES:
            raw = response.raw
            vars(raw)["read1"] = self._reading(raw.read1, number)
        return response

    def _reading(self, read: Callable[..., bytes], number: int) -> Callable[..., bytes]:
        life, is_cut = self._life, False

        def read1(amount: int, **how: bool) -> bytes:
            nonlocal is_cut
            if is_cut:
                life.end()
            life.go_on()
            chunk = read(amount, **how)
            is_cut = bool(chunk) and life.kill == InFile(number)
            return chunk[: (len(chunk) + 1) // 2] if is_cut else chunk

        return read1


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        life: What it did until then.
        error: The expected failure, if one ended it.
        record: What its report would say; None where it did not begin.
        warnings: What it warned of.
    """

    life: Life
    error: TapMewsError | None = None
    record: RunRecord | None = None
    warnings: tuple[str, ...] = ()


def run_tap(
    sandbox: Sandbox,
    target: Target,
    config: Json,
    streams: tuple[str, ...],
    kill: Kill | None = None,
    *,
    clock: MortalClock | None = None,
    slow: float = 0.0,
) -> Outcome:
    """Run the tap from the last state of a target, until it ends or is killed.

    Args:
        sandbox: What it reads.
        target: Reads what it writes.
        config: Its settings.
        streams: The selected streams.
        kill: When it is killed.
        clock: Its time.
        slow: Seconds that the target takes for each message.
    """
    clock = clock or MortalClock(sandbox)
    life = clock.life = Life(target, clock, kill, slow)
    record: RunRecord | None = None
    failure: TapMewsError | None = None
    with _alone(life) as warnings:
        try:
            tap = _tap(clock, streams)(
                config=config, state=_copy(target.state), catalog=select(*streams)
            )
            record = tap.run.record
            tap.sync_all()
        except TapMewsError as error:
            failure = None if life.was_killed else error
        except Killed:
            pass
    return Outcome(life, failure, record, tuple(warnings))


@contextmanager
def _alone(life: Life) -> Iterator[list[str]]:
    """Give a run its standard output, and let nothing of it outlive it.

    Yields:
        What it warns of.
    """
    logging.disable(logging.INFO)
    warnings = Lines([])
    logging.getLogger().addHandler(warnings)
    output = io.TextIOWrapper(_Output(life), encoding="utf-8", write_through=True)
    try:
        with redirect_stdout(output):
            yield warnings.lines
    finally:
        life.is_over = True
        logging.getLogger().removeHandler(warnings)
        logging.disable(logging.NOTSET)


def _tap(of: MortalClock, streams: Collection[str]) -> type[TapMews]:
    class MortalTap(TapMews):
        clock = of

        def discover_streams(self) -> list[Stream]:
            # what is not selected takes most of the time of so short a run
            return [each for each in super().discover_streams() if each.name in streams]

        @cached_property
        def run(self) -> Run:
            run: Run = super().run
            wire = _Wire(of.life)
            _connect(run.transport._session, wire)
            _connect(run.downloader._session, wire)
            return run

    return MortalTap


def _connect(session: Session, wire: _Wire) -> None:
    for prefix in list(session.adapters):
        session.mount(prefix, wire)


def _operation(request: PreparedRequest) -> str:
    path = (request.url or "").partition("?")[0]
    return FILES if f"/{FILES}/" in path else path.partition("/connector/v1/")[2]


def _copy(value: Json | None) -> Any:  # noqa: ANN401 - as it came
    return None if value is None else json.loads(json.dumps(value))
