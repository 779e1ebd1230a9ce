"""Export jobs: from the snapshot to the signed links of its files."""

from __future__ import annotations

import random
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sandbox.answers import Refusal
from sandbox.clock import Clock, utc_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.encoding import Json
    from sandbox.store import Row

_RUNNING = frozenset({"Pending", "Processing"})


@dataclass
class ExportFile:
    """A file of JSON Lines, in memory or on disk."""

    name: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """The size in bytes."""
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return len(self.content)


@dataclass
class Job:
    """An export that was asked for."""

    id: str
    token: str
    entity: str
    scope: Json
    filters: Json | None
    rows: list[Row]
    seconds: float
    added: datetime
    fails: bool
    files: list[ExportFile] | None = None


@dataclass
class Link:
    """What a signature opens, and until when."""

    job: Job
    file: ExportFile
    expires: datetime


@dataclass
class Exports:
    """Knobs, and the jobs.

    Attributes:
        seconds: virtual time a job takes, for all entities or by entity; it passes
            like real time, and a test may jump.
        rows_per_file: where a new file begins.
        shuffled: whether rows come in no order.
        shuffled_files: whether each answer lists the files in another order.
        final_newline: whether the last line ends like the others.
        empty: what a job without rows has, no file at all or a file without lines.
        ranges: whether the file host honours Range.
        gzip: whether the file host compresses for clients that accept it.
        link_lifetime: virtual time a link works.
        file_lifetime: virtual time until a job is Expired.
        names_scope: whether a job without scope lists all it covers, or nulls.
        fail_next: by entity, how many of the next jobs end Failed.
        force_status: a status by job id or by entity, shown whatever the job does.
        lines: by entity, what its exports hold in place of rows, as raw lines.
        files: by entity, whole files its exports hold: bytes, or paths on disk.
    """

    clock: Clock
    seed: int
    seconds: float | dict[str, float] = 0.0
    rows_per_file: int = 2000
    shuffled: bool = True
    shuffled_files: bool = False
    final_newline: bool = True
    empty: Literal["no file", "empty file"] = "no file"
    ranges: bool = True
    gzip: bool = False
    link_lifetime: timedelta = timedelta(minutes=10)
    file_lifetime: timedelta = timedelta(days=7)
    names_scope: bool = True
    fail_next: dict[str, int] = field(default_factory=dict)
    force_status: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Sequence[bytes]] = field(default_factory=dict)
    files: dict[str, Sequence[bytes | Path]] = field(default_factory=dict)
    base_url: str = ""

    def __post_init__(self) -> None:
        """Start without jobs."""
        self._lock = threading.RLock()
        self._rng = random.Random(f"{self.seed}/exports")
        self._jobs: dict[str, Job] = {}
        self._links: dict[str, Link] = {}

    @property
    def jobs(self) -> list[Job]:
        """All jobs that are known, oldest first."""
        with self._lock:
            return [*self._jobs.values()]

    def forget(self, job_id: str) -> None:
        """Remove a job as if it had never been."""
        with self._lock:
            self._jobs.pop(job_id, None)

    def check_free(self, token: str, entity: str) -> None:
        """Check that no export of this type is running for a token.

        Raises:
            Refusal: 400; not a breach, no operation lists the running jobs.
        """
        for job in self.jobs:
            if (job.token, job.entity) == (token, entity) and self.running(job):
                message = f"An export of {entity} is already pending or processing."
                raise Refusal(400, message, breach=False)

    def add(
        self,
        token: str,
        entity: str,
        rows: list[Row],
        scope: Json,
        filters: Json | None,
    ) -> Job:
        """Take a job, of these rows as they are now.

        Raises:
            Refusal: 400, an export of this type is running.
        """
        with self._lock:
            self.check_free(token, entity)
            seconds = self.seconds
            if isinstance(seconds, dict):
                seconds = seconds.get(entity, 0.0)
            fails = self.fail_next.get(entity, 0) > 0
            if fails:
                self.fail_next[entity] -= 1
            job = Job(
                id=self._new_id(),
                token=token,
                entity=entity,
                scope=scope,
                filters=filters,
                rows=rows,
                seconds=seconds,
                added=self.clock.now(),
                fails=fails,
            )
            self._jobs[job.id] = job
            return job

    def find(self, token: str, job_ids: list[str]) -> list[Job]:
        """Give those of the jobs that the token knows."""
        with self._lock:
            jobs = [self._jobs.get(job_id) for job_id in dict.fromkeys(job_ids)]
        return [job for job in jobs if job and job.token == token]

    def status(self, job: Job) -> str:
        """Give what a job shows now."""
        forced = self.force_status.get(job.id) or self.force_status.get(job.entity)
        if forced:
            return forced
        elapsed = (self.clock.now() - job.added).total_seconds()
        if elapsed < job.seconds:
            return "Pending" if elapsed < job.seconds / 3 else "Processing"
        if job.fails:
            return "Failed"
        if self.clock.now() > job.added + self.file_lifetime:
            return "Expired"
        return "Success"

    def running(self, job: Job) -> bool:
        """Whether a job is neither finished nor failed."""
        return self.status(job) in _RUNNING

    def shown(self, job: Job, *, added: bool = False) -> Json:
        """Give a job as the API shows it, with new links to its files."""
        status = "Pending" if added else self.status(job)
        done = status == "Success"
        expires = utc_text((job.added + self.file_lifetime).replace(microsecond=0))
        return {
            "Id": job.id,
            "Status": status,
            "EntityType": job.entity,
            "Scope": job.scope,
            "Files": self._files(job) if done else [],
            "ExpiresUtc": expires if status in {"Success", "Expired"} else None,
            "Filters": job.filters,
        }

    def open(self, name: str, signature: str) -> Link | None:
        """Give what a link leads to, None when it has no valid signature."""
        with self._lock:
            link = self._links.get(signature)
        if link is None or link.file.name != name or self.clock.now() > link.expires:
            return None
        return link

    def _files(self, job: Job) -> list[Json]:
        with self._lock:
            if job.files is None:
                contents = self._contents(job)
                job.files = [
                    ExportFile(f"{job.id}-{number}.jsonl", content)
                    for number, content in enumerate(contents, 1)
                ]
            files = list(job.files)
            if self.shuffled_files:
                self._rng.shuffle(files)
            return [
                {"Url": self._link(job, file), "SizeInBytes": file.size}
                for file in files
            ]

    def _link(self, job: Job, file: ExportFile) -> str:
        signature = f"{self._rng.getrandbits(160):040x}"
        expires = self.clock.now() + self.link_lifetime
        self._links[signature] = Link(job, file, expires)
        query = f"se={utc_text(expires.replace(microsecond=0))}&sig={signature}"
        return f"{self.base_url}/files/{file.name}?{query}"

    def _contents(self, job: Job) -> list[bytes | Path]:
        if job.entity in self.files:
            return list(self.files[job.entity])
        if job.entity in self.lines:
            lines = list(self.lines[job.entity])
        else:
            lines = [row.json for row in job.rows]
            if self.shuffled:
                random.Random(job.id).shuffle(lines)
        if not lines:
            return [b""] if self.empty == "empty file" else []
        contents: list[bytes | Path] = []
        for first in range(0, len(lines), self.rows_per_file):
            content = b"\n".join(lines[first : first + self.rows_per_file])
            contents.append(content + b"\n" if self.final_newline else content)
        return contents

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
