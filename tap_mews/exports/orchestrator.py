"""The waiting for exports, of all entity types and tokens at once.

Every entity type has an export at Mews as long as it has a window left, whatever is
being written: those that are ready wait there, for about a week.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from tap_mews.errors import (
    ExportRunningError,
    ExportTimeoutError,
    MewsError,
    RefusedError,
)
from tap_mews.exports.api import filters_of
from tap_mews.exports.jobs import ExportJob
from tap_mews.exports.outcomes import apply
from tap_mews.exports.polling import next_look, pause_before_adding
from tap_mews.metrics.record import PROGRESS_SECONDS
from tap_mews.metrics.usage import Usage
from tap_mews.reading.background import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_mews.clock import Clock, ServerClock
    from tap_mews.exports.api import ExportsApi
    from tap_mews.exports.jobs import EntityExports
    from tap_mews.reading.reader import Slice

MIN_PAUSE = 0.05
"""Seconds that other threads have in any case."""

MAX_JOBS = 96
"""Exports of one entity type that are running or wait to be read, while another stream
is written. Each STATE message names them all, in fewer than a hundred bytes each. With
a lower limit, a long history would take the sum of its entity types."""

logger = logging.getLogger("tap-mews.exports")


class JobOrchestrator:
    """Adds exports, looks at all that run with one call a token, and waits for them.

    It serves all streams of a run, from one thread; others may only `open`.
    """

    def __init__(
        self,
        clock: Clock,
        server_clock: ServerClock,
        *,
        longest_pause: float,
        timeout: float,
        write_state: Callable[[], None],
    ) -> None:
        """Start without exports.

        Args:
            clock: Time and sleep of the run.
            server_clock: Dates the exports.
            longest_pause: Most seconds between two looks.
            timeout: Most seconds to wait for one export.
            write_state: Emits the state at once if it has changed.
        """
        self._write_state = write_state
        self._clock = clock
        self._server_clock = server_clock
        self._longest_pause = longest_pause
        self._timeout = timeout
        self._entities: list[EntityExports] = []
        self._looked = self._logged_at = clock.monotonic()

    def open(
        self,
        entity: EntityExports,
        slices: Sequence[Slice],
        saved: Sequence[Mapping[str, str]],
    ) -> None:
        """Resume the exports of a previous run, or add the first one.

        Args:
            entity: The exports of one type, new.
            slices: The pending slices, in order.
            saved: Jobs from the state.

        Raises:
            MewsError: As `MewsClient.call`.
        """
        known = entity.api.get(job["id"] for job in saved) if saved else {}
        useless = entity.plan(slices, saved, known, self._clock.monotonic())
        for job in entity.jobs:
            logger.info(
                "%s: resuming %s from a previous run, %s since %s UTC",
                entity.stream,
                job,
                job.export.status_text,
                f"{job.added:%Y-%m-%d %H:%M}",
            )
        for key in useless:
            message = "%s: export %s is no longer usable; requesting it again"
            logger.info(message, entity.stream, key)
        # what the earlier run has left is read first, whatever comes of the rest
        with entity.deferring_errors() if entity.jobs else nullcontext():
            self._advance(entity)
        # only now: the thread that looks at all exports would add one as well
        self._entities.append(entity)

    def wait(self, entity: EntityExports) -> ExportJob | None:
        """Wait for the next export of an entity type.

        An export that is ready goes before an error of a later one.

        Returns:
            The export, ready to be read, with the one after it added; None if there is
            no more.

        Raises:
            ExportFailedError: Mews cannot make it, not even of smaller windows.
            ExportTimeoutError: It takes too long; it stays in the state.
            MewsError: As `MewsClient.call`.
        """
        try:
            while True:
                self._advance_quietly(entity)
                self.save()
                if entity.jobs and entity.jobs[0].is_ready:
                    return entity.jobs[0]
                if entity.error is not None:
                    raise entity.error
                if not (entity.jobs or entity.requests):
                    return None
                self._check_time(entity)
                self._sleep(entity)
                self._look()
        finally:
            entity.record.awaited = None
            self.save()

    def _sleep(self, entity: EntityExports) -> None:
        """Pause until the next look, and record what is waited for."""
        pause = max(self._due() - self._clock.monotonic(), MIN_PAUSE)
        entity.partition.add(Usage(export_seconds=pause))
        entity.record.awaited = entity.awaited(self._clock.monotonic())
        # of several tokens, the others have windows too
        entity.record.windows_known = max(
            entity.record.windows_known, entity.window_count
        )
        self._write_state()
        self._clock.sleep(pause)

    def tick(self) -> None:
        """Look at the running exports if it is time; called while rows are read."""
        if self._clock.monotonic() >= self._due():
            self._look()
            self.save()

    def save(self) -> None:
        """Let the state hold the jobs as they are, and emit it if they have changed."""
        if unsaved := [entity for entity in self._entities if entity.is_unsaved]:
            for entity in unsaved:
                entity.is_unsaved = False
                entity.save([job.saved() for job in entity.jobs])
            self._write_state()

    def refresh(self, entity: EntityExports, job: ExportJob) -> bool:
        """Get new URLs for the files of an export.

        Returns:
            Whether its files can still be read.
        """
        api = entity.api.adding_to(entity.record.of(job.request.slice))
        found = api.get([job.id]).get(job.id)
        if found is None:
            return False
        job.export, job.listed = found, self._clock.monotonic()
        return job.is_ready

    def finish(self, entity: EntityExports, job: ExportJob) -> None:
        """Drop an export whose rows are all delivered, from the state as well."""
        entity.jobs.remove(job)
        entity.is_unsaved = True
        self.save()

    def _look(self) -> None:
        """Ask how all running exports are, and add what can be added now.

        What is added is not waited for where the next question is due: the other types
        would wait as long.
        """
        self._ask()
        while ready := [entity for entity in self._entities if self._can_add(entity)]:
            work: list[Callable[[], None]] = [
                partial(self._advance_quietly, entity) for entity in ready
            ]
            if self._clock.monotonic() >= self._due():
                work.append(self._ask)
            side_by_side(lambda each: each(), work, "tap-mews-exports")

    def _ask(self) -> None:
        """Ask how all running exports are, with one call a token."""
        self._looked = self._clock.monotonic()
        entities: dict[ExportsApi, list[EntityExports]] = {}
        for entity in self._entities:
            entities.setdefault(entity.api, []).append(entity)
        side_by_side(self._look_at, entities.values(), "tap-mews-exports")

    def _look_at(self, entities: Sequence[EntityExports]) -> None:
        """Ask how the exports of one token are."""
        # while this asks, other threads may add exports
        jobs = [(entity, job) for entity in entities for job in list(entity.jobs)]
        running = [(entity, job) for entity, job in jobs if job.is_running]
        try:
            api = entities[0].api
            found = api.get(job.id for _, job in running) if running else {}
        except MewsError as error:
            for entity, _ in running:
                entity.error = error
            return
        for entity, job in running:
            with entity.deferring_errors():
                apply(entity, job, found.get(job.id), self._looked)

    def _advance_quietly(self, entity: EntityExports) -> None:
        with entity.deferring_errors():
            self._advance(entity)

    def _advance(self, entity: EntityExports) -> None:
        """Add the next export of a type, if there is one and Mews can take it."""
        if not self._can_add(entity):
            return
        now = self._clock.monotonic()
        request = entity.requests[0]
        filters = filters_of(entity.filter, request.window)
        try:
            api = entity.api.adding_to(entity.record.of(request.slice))
            export = api.add(entity.entity_type, entity.scope(request), filters)
        except ExportRunningError as error:
            self._back_off(entity, error, now)
            return
        except RefusedError as error:
            if error.shortest is None or not entity.split():
                text = f"{error.text} (requested {request.window})"
                raise error.reworded(text) from None
            logger.warning("%s: %s; splitting the window", entity.stream, error)
            return
        entity.requests.popleft()
        entity.blocked_since = None
        added = self._server_clock.now()
        job = ExportJob(request, export, added, since=now, listed=now)
        entity.jobs.append(job)
        entity.is_unsaved = True
        logger.info("%s: %s added", entity.stream, job)

    def _can_add(self, entity: EntityExports) -> bool:
        is_free = entity.error is None and not entity.is_busy
        has_room = len(entity.jobs) < MAX_JOBS
        is_time = self._clock.monotonic() >= entity.retry_at
        return is_free and has_room and is_time and bool(entity.requests)

    def _back_off(
        self, entity: EntityExports, error: ExportRunningError, now: float
    ) -> None:
        """Wait until an export that this run does not know has ended."""
        if entity.blocked_since is None:
            entity.blocked_since = now
            logger.info(
                "%s: waiting for another export of %s to end: %s",
                entity.stream,
                entity.entity_type,
                error,
            )
        pause = pause_before_adding(now - entity.blocked_since, self._longest_pause)
        entity.retry_at = now + pause

    def _check_time(self, entity: EntityExports) -> None:
        """Say now and then what is being waited for, and give up in the end.

        Raises:
            ExportTimeoutError: The time is over.
        """
        now = self._clock.monotonic()
        if entity.jobs:
            job = entity.jobs[0]
            age = self._server_clock.now() - job.added
            minutes = f"{age.total_seconds() / 60:.0f} min"
            what = f"{job}, {job.export.status_text} for {minutes}"
            since = job.since
        else:
            since = now if entity.blocked_since is None else entity.blocked_since
            minutes = f"{(now - since) / 60:.0f} min"
            what = f"another export of {entity.entity_type} to end, for {minutes}"
        if now - since >= self._timeout:
            msg = (
                f"waited for {what}, longer than "
                "export_timeout_minutes; run again to resume waiting"
            )
            raise ExportTimeoutError(msg)
        if now - self._logged_at >= PROGRESS_SECONDS:
            self._logged_at = now
            logger.info("%s: waiting for %s", entity.stream, what)

    def _due(self) -> float:
        """When to look again, in monotonic seconds."""
        return next_look(self._entities, self._looked, self._longest_pause)
