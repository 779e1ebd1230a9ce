"""The sandbox in a process of its own, with the knobs that a benchmark turns.

`python -m benchmarks.hotels '{"seconds": 10}'` serves until its input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.runs import CHECKOUT, ENVIRONMENT, PYTHON
from sandbox import Sandbox
from sandbox.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def serving(
    files: Mapping[str, Path] | None = None, seconds: float = 0.0, days: int = 3
) -> Iterator[dict[str, Any]]:
    """Serve a small hotel.

    Args:
        files: By entity, the file that its exports hold in place of the hotel's rows.
        seconds: Time that each export takes.
        days: Length of the history.

    Yields:
        The tap's settings.
    """
    knobs = {
        "files": {entity: str(path) for entity, path in (files or {}).items()},
        "seconds": seconds,
        "days": days,
    }
    with running(
        [PYTHON, "-m", "benchmarks.hotels", json.dumps(knobs)],
        cwd=CHECKOUT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield json.loads(process.stdout.readline())


def main() -> None:
    """Serve, and say where on the first line."""
    knobs = json.loads(sys.argv[1])
    sandbox = Sandbox(properties=1, days=knobs["days"])
    sandbox.exports.seconds = knobs["seconds"]
    sandbox.exports.files = {
        entity: [Path(name)] for entity, name in knobs["files"].items()
    }
    with sandbox:
        print(json.dumps(sandbox.config()), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
