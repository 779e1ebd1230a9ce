"""The checkout, or an example in it, as a project of Meltano: a copy to run it in."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from benchmarks.postgres import DATABASE, USER
from sandbox.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.postgres import Server
    from sandbox import Sandbox

Env: TypeAlias = dict[str, str]

CHECKOUT = Path(__file__).parents[2]
BINARIES = CHECKOUT / ".venv-meltano" / "bin"
EXAMPLE_BINARIES = CHECKOUT / ".venv-examples" / "bin"

OLD_TARGET = "target-jsonl"
"""It needs releases of long ago, which go with none of ours."""

SELECT = "TAP_MEWS__SELECT"

SECONDS = 600
"""Time that no command of Meltano takes."""

_FOREIGN = (
    "DAGSTER_",
    "MELTANO_",
    "MEWS_",
    "TAP_",
    "TARGET_",
    "UV_",
    "VIRTUAL_ENV",
    "PYTHON",
    "COVERAGE_",
)
"""What would reach into the project from the shell, by how it begins."""

_LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "build", "dist", "output", "plugins", "*.duckdb*"
)
"""What a fresh checkout does not hold."""


def login(server: Server) -> dict[str, Any]:
    """What target-postgres has to know of a server."""
    return {
        "port": server.port,
        "database": DATABASE,
        "user": USER,
        "password": server.password,
    }


class Project:
    """A project in a copy of the checkout, and its plugins installed.

    Attributes:
        folder: Where it is.
        env: What each command finds in the environment.
    """

    def __init__(
        self, copy: Path, inside: str = ".", binaries: Path = BINARIES
    ) -> None:
        """Copy the checkout; nothing is installed yet.

        Args:
            copy: The folder to make.
            inside: Which folder of the checkout is the project.
            binaries: Where Meltano is.
        """
        self.folder = copy / inside
        self._checkout = copy
        self._binaries = binaries
        shutil.copytree(CHECKOUT, copy, ignore=_LEFT_OUT)
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)},
            "PATH": os.pathsep.join([str(binaries), os.environ["PATH"]]),
            "NO_COLOR": "1",
            # a proxy could not reach the sandbox
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def install(self) -> None:
        """Install the plugins in the versions of their constraints.

        Those whose constraints agree are installed together: Meltano starts once.
        """
        plugins = self.definition["plugins"]
        names = [each["name"] for each in plugins["loaders"]]
        agreeing = [name for name in names if name != OLD_TARGET]
        self._install(["tap-mews", *agreeing], "", *(f"-{name}" for name in agreeing))
        if OLD_TARGET in names:
            self._install([OLD_TARGET], f"-{OLD_TARGET}")
        for each in plugins.get("utilities", ()):
            self._install([each["name"]], "-dbt")

    def _install(self, names: list[str], *constraints: str) -> None:
        files = [self._checkout / f"constraints{each}.txt" for each in constraints]
        env = {
            "UV_CONSTRAINT": " ".join(map(str, files)),
            "UV_BUILD_CONSTRAINT": str(self._checkout / "constraints.txt"),
        }
        self.meltano("install", *names, env=env)

    @property
    def definition(self) -> dict[str, Any]:
        """What its meltano.yml holds."""
        content = (self.folder / "meltano.yml").read_text("utf-8")
        found: dict[str, Any] = yaml.safe_load(content)
        return found

    def select(self, *streams: str) -> None:
        """Let the tap read some streams; without any, what the project selects."""
        self.env.pop(SELECT, None)
        if streams:
            self.env[SELECT] = json.dumps([f"{stream}.*" for stream in streams])

    def point_to(self, sandbox: Sandbox) -> None:
        """Let the tap read from a sandbox."""
        for name, value in sandbox.config().items():
            self.env[f"TAP_MEWS_{name.upper()}"] = value

    def load_into(self, server: Server) -> None:
        """Let target-postgres load into a server's database."""
        for name, value in login(server).items():
            self.env[f"TARGET_POSTGRES_{name.upper()}"] = str(value)

    def loader(self, name: str) -> dict[str, Any]:
        """What its meltano.yml holds of a target."""
        (found,) = (
            each
            for each in self.definition["plugins"]["loaders"]
            if each["name"] == name
        )
        return dict(found)

    def target(self, name: str, *arguments: str, given: str = "", code: int = 0) -> str:
        """As `meltano`, for a target that Meltano has installed.

        Args:
            name: The target.
            arguments: Of its command line.
            given: What it reads.
            code: The exit code.
        """
        home = self.folder / ".meltano" / "loaders" / name / "venv" / "bin"
        program = str(home / self.loader(name)["executable"])
        return self.shell(program, *arguments, code=code, given=given)

    def meltano(self, *arguments: str, code: int = 0, env: Env | None = None) -> str:
        """Run a command of Meltano that must end with an exit code.

        Args:
            arguments: What follows `meltano`.
            code: The exit code.
            env: Environment variables to add.

        Returns:
            Its standard output.
        """
        return self.shell(
            str(self._binaries / "meltano"), *arguments, code=code, env=env
        )

    def shell(
        self,
        *command: str,
        code: int = 0,
        env: Env | None = None,
        given: str = "",
        seconds: float = SECONDS,
    ) -> str:
        """As `meltano`, for any command, which may take that long."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )
        told = f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, told
        self.log = done.stderr
        return done.stdout

    @contextmanager
    def started(self, *arguments: str, program: str = "meltano") -> Iterator[None]:
        """Run a command of Meltano, and kill all its processes at the block's end."""
        with running(
            [self._binaries / program, *arguments],
            end_with=signal.SIGKILL,
            group=True,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            yield
            assert process.poll() is None, "it has ended by itself"
