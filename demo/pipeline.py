"""The pipeline: the tap piped into a target, with a state in between."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO, TYPE_CHECKING

from sandbox.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from subprocess import Popen

CHECKOUT = Path(__file__).parents[1]
TAP = Path(sys.executable).with_name("tap-mews")
TARGET = CHECKOUT / ".venv-target" / "bin" / "python", CHECKOUT / "demo" / "target.py"

_ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(CHECKOUT),
    # The target writes files in the locale's encoding.
    "PYTHONUTF8": "1",
    # The demo reads the tap's log.
    "TAP_MEWS_LOGLEVEL": "INFO",
    # A proxy could not reach hotels on this machine.
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}


class DemoError(Exception):
    """Something that the demo relies on did not work."""


@contextmanager
def logging(
    log: Path, *command: str | Path, stdin: IO[bytes] | None = None
) -> Iterator[Popen[bytes]]:
    """Run a process beside its log; it ends with the block."""
    with (
        log.open("wb") as messages,
        running(
            command,
            cwd=log.parent,
            env=_ENVIRONMENT,
            stdin=stdin or DEVNULL,
            stdout=PIPE,
            stderr=messages,
        ) as process,
    ):
        yield process


def last_lines(log: Path) -> str:
    """Give what a process said at its end."""
    lines = log.read_text("utf-8").splitlines()[-12:]
    return "\n  ".join([f"The end of {log}:", *lines])


class Pipeline:
    """The tap, the target, and the folder in which they run."""

    def __init__(self, folder: Path, config: Mapping[str, str]) -> None:
        """Write the settings of both."""
        self.warehouse = folder / "warehouse.duckdb"
        self._state = folder / "state.json"
        self._report = folder / "report.json"
        self._logs = folder / "tap.log", folder / "target.log"
        (folder / "config.json").touch(mode=0o600)
        (folder / "config.json").write_text(
            json.dumps({**config, "report_path": str(self._report)})
        )
        target = {
            "path": str(self.warehouse),
            "default_target_schema": "mews",
            "flush_all_streams": True,
            "batch_size_rows": 20000,
            "temp_dir": str(folder),
        }
        (folder / "target.json").write_text(json.dumps(target))

    def sync(self) -> Counter[str]:
        """Move what is due, save the state that the target prints, count the rows."""
        since = ("--state", "state.json") if self._state.exists() else ()
        with (
            logging(self._logs[0], TAP, "--config", "config.json", *since) as tap,
            logging(
                self._logs[1], *TARGET, "--config", "target.json", stdin=tap.stdout
            ) as target,
        ):
            if tap.stdout:
                # With our end open, the tap would not notice that the target is gone.
                tap.stdout.close()
            states, _ = target.communicate()
            codes = (tap.wait(), target.returncode)
        if any(codes) or not states:
            message = "tap-mews ended with {}, target-duckdb with {}.".format(*codes)
            raise DemoError("\n".join([message, *map(last_lines, self._logs)]))
        self._state.write_bytes(states.splitlines()[-1])
        report = json.loads(self._report.read_text("utf-8"))
        return Counter({each["stream"]: each["rows"] for each in report["streams"]})
