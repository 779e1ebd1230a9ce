"""A run imports what it uses, and nothing else of what takes long to load."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.harness import select

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

DISCOVERY = """
import sys
from tap_mews.tap import TapMews
TapMews(validate_config=False).catalog_dict
print(*sys.modules)
"""

SYNC = """
import atexit, sys
from tap_mews.tap import TapMews
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
TapMews.cli()
"""


def test_discovery_does_not_import_what_only_a_sync_uses() -> None:
    command = [sys.executable, "-c", DISCOVERY]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {*found.stdout.split()}
    assert "tap_mews.tap" in loaded
    assert not loaded & {"tap_mews.api.client", "tap_mews.records.batch_files", "s3fs"}


def test_a_run_without_a_terminal_does_not_import_what_shows_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    options = []
    for name, content in (("config", sandbox.config()), ("catalog", select("bills"))):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content), "utf-8")
        options += [f"--{name}", str(path)]
    done = subprocess.run(
        [sys.executable, "-c", SYNC, *options],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stderr.splitlines()[-1].split()
    assert "tap_mews.run" in loaded
    assert "tqdm" not in loaded
