"""A PostgreSQL server for one benchmark or test, from the binaries of this machine."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "mews"

DATABASE = "postgres"

STARTING_SECONDS = "60"

LOOPBACK = "127.0.0.1"


class NoPostgresError(Exception):
    """This machine has no PostgreSQL server."""


class Server:
    """A server with the settings that PostgreSQL comes with.

    Attributes:
        port: Where it listens on the loopback address, if it does.
        password: What it asks for there.
    """

    def __init__(self, folder: Path, *, on_loopback: bool = False) -> None:
        """Set one up that listens on a socket in a folder.

        Args:
            folder: Empty, and owned by the user that is to run it.
            on_loopback: Whether it listens on a port as well.
        """
        self._binaries = _binaries()
        self._folder = folder
        self._data = folder / "data"
        self.port = _free_port() if on_loopback else 0
        self.password = secrets.token_hex(16)
        (folder / "password").write_text(self.password)
        self._run(
            "initdb", "--auth-local=trust", "--auth-host=scram-sha-256",
            f"--pwfile={folder / 'password'}", f"--username={USER}",
            "--encoding=UTF8", "--locale=C.UTF-8", "-D", self._data,
        )  # fmt: skip

    def start(self) -> None:
        """Start it; `stop` ends it, also if this is interrupted."""
        addresses = f"{LOOPBACK} -p {self.port}" if self.port else ""
        self._run(
            "pg_ctl", "start", "--wait", "--timeout", STARTING_SECONDS,
            "-D", self._data, "--log", self._folder / "server.log",
            "--options", f"-k {self._folder} -c listen_addresses={addresses}",
        )  # fmt: skip

    @property
    def url(self) -> str:
        """Its address for SQLAlchemy."""
        return f"postgresql+psycopg://{USER}@/{DATABASE}?host={self._folder}"

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
        port = ("-p", str(self.port)) if self.port else ()
        done = self._run(
            "psql", "-XAt", "-h", self._folder, *port, "-U", USER, "-c", query, DATABASE
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
def serving(*, on_loopback: bool = False) -> Iterator[Server]:
    """Run a server for a while.

    Args:
        on_loopback: Whether it listens on a port as well.

    Raises:
        NoPostgresError: There is none on this machine.
    """
    _binaries()
    # a folder of its own: the server's user may not enter that of a run
    folder = Path(tempfile.mkdtemp(prefix="tap-mews-postgres-"))
    user = _user()
    if user:
        os.chown(folder, user["user"], user["group"])
    server = None
    try:
        server = Server(folder, on_loopback=on_loopback)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


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
