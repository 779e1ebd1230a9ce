"""A PostgreSQL server for one benchmark, from the binaries of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "mews"

STARTING_SECONDS = "60"


class NoPostgresError(Exception):
    """This machine has no PostgreSQL server."""


class Server:
    """A running server with the settings that PostgreSQL comes with."""

    def __init__(self, folder: Path) -> None:
        """Start one that listens on a socket in a folder, and nowhere else.

        Args:
            folder: Empty, and owned by the user that is to run it.
        """
        self._binaries = _binaries()
        self._folder = folder
        self._data = folder / "data"
        self._run(
            "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8",
            "--locale=C.UTF-8", "-D", self._data,
        )  # fmt: skip
        self._run(
            "pg_ctl", "start", "--wait", "--timeout", STARTING_SECONDS,
            "-D", self._data, "--log", folder / "server.log",
            "--options", f"-k {folder} -c listen_addresses=",
        )  # fmt: skip

    @property
    def url(self) -> str:
        """Its address for SQLAlchemy."""
        return f"postgresql+psycopg://{USER}@/postgres?host={self._folder}"

    @property
    def version(self) -> str:
        """Such as `PostgreSQL 15.18`."""
        return self.ask("select split_part(version(), ' (', 1)")

    @property
    def processor(self) -> float:
        """Seconds of processor time so far, of all its processes that still run."""
        found = 0.0
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if path.stat().st_uid == self._data.stat().st_uid:
                    ticks = (path / "stat").read_text().rpartition(") ")[2].split()
                    # user and system time, also of children that have ended
                    found += sum(map(int, ticks[11:15]))
        return found / os.sysconf("SC_CLK_TCK")

    def ask(self, query: str) -> str:
        """What a query answers, one value."""
        done = self._run(
            "psql", "-XAt", "-h", self._folder, "-U", USER, "-c", query, "postgres"
        )
        return done.strip()

    def stop(self) -> None:
        """End it."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "stop", "--mode=immediate", "-D", self._data)

    def _run(self, name: str, *arguments: str | Path) -> str:
        done = subprocess.run(
            [self._binaries / name, *arguments],
            cwd=self._folder,
            # a server that goes on must not hold a pipe of ours open
            stdout=subprocess.DEVNULL if name == "pg_ctl" else subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            text=True,
            **_user(),
        )
        return done.stdout or ""


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server for a while.

    Raises:
        NoPostgresError: There is none on this machine.
    """
    _binaries()
    # a folder of its own: the server's user may not enter the benchmark's
    folder = Path(tempfile.mkdtemp(prefix="tap-mews-postgres-"))
    user = _user()
    if user:
        os.chown(folder, user["user"], user["group"])
    server = None
    try:
        server = Server(folder)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """The folder of the newest server's programs."""
    on_path = shutil.which("initdb")
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parts[-3]),
    )
    found = ([Path(on_path).resolve()] if on_path else []) + installed
    if not found:
        msg = "there is no initdb on PATH or in /usr/lib/postgresql"
        raise NoPostgresError(msg)
    return found[-1].parent


def _user() -> dict[str, Any]:
    """Who runs it: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            known = pwd.getpwnam(name)
            return {
                "user": known.pw_uid,
                "group": known.pw_gid,
                "extra_groups": [],
            }
    msg = "root may not run it, and there is no user `postgres` or `nobody`"
    raise NoPostgresError(msg)
