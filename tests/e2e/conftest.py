"""One installed project and one PostgreSQL server for all tests, clean for each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from benchmarks.postgres import NoPostgresError, Server, serving
from tests.e2e import stores
from tests.e2e.project import BINARIES, Project
from tests.pages_harness import BEFORE_ALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, with each of its plugins in an environment of its own."""
    if not (BINARIES / "meltano").exists():
        pytest.fail("Meltano is not installed here; run: make e2e")
    project = Project(tmp_path_factory.mktemp("meltano") / "project")
    project.install()
    return project


@pytest.fixture
def shipped(installed: Project, sandbox: Sandbox) -> Iterator[Project]:
    """The project as a fresh checkout has it, pointed to the sandbox."""
    folder, env = installed.folder, dict(installed.env)
    kept = [folder / "meltano.yml", folder / ".meltano" / "meltano.db"]
    content = [path.read_bytes() for path in kept]
    installed.point_to(sandbox)
    yield installed
    installed.env = env
    for path, before in zip(kept, content, strict=True):
        path.write_bytes(before)
    shutil.rmtree(folder / "output", ignore_errors=True)
    for path in (folder / ".env", *folder.glob("*.duckdb*")):
        path.unlink(missing_ok=True)


@pytest.fixture
def project(shipped: Project) -> Project:
    """The same, reading what tests compare and no years before it: that is faster."""
    shipped.select(*stores.STREAMS)
    shipped.env["TAP_MEWS_REFERENCE_START_DATE"] = BEFORE_ALL
    return shipped


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server with a port on the loopback address."""
    try:
        with serving(on_loopback=True) as server:
            yield server
    except NoPostgresError as error:
        pytest.fail(f"No PostgreSQL here ({error}); Debian: apt-get install postgresql")


@pytest.fixture
def postgres(server: Server, shipped: Project) -> Iterator[Server]:
    """An empty database, which the project's target-postgres loads into."""
    shipped.load_into(server)
    yield server
    server.ask("drop schema if exists mews cascade")
