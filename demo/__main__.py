"""`python -m demo`: sync a stand-in hotel group into DuckDB, twice, and look at it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from demo import kpis
from demo.hotels import DAYS, open_hotels
from demo.page import page
from demo.pipeline import CHECKOUT, TARGET, DemoError, Pipeline
from demo.warehouse import Warehouse, table

if TYPE_CHECKING:
    from collections.abc import Iterator

NEXT = f"""
Next, your own hotels. Save this as config.json (chmod 600) and fill in your tokens:

  {{"client_token": "", "access_token": "", "start_date": "2026-01-01"}}

Try them:       .venv/bin/tap-mews --config config.json --test
With Meltano:   meltano add --custom tap-mews --plugin-type extractor
                (pip_url: {CHECKOUT}; settings: its meltano.yml)"""


def main() -> int:
    """Tell the story, and give the exit code: 0 if every row is accounted for."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument(
        "--days", type=int, default=DAYS, help="days of history (default: %(default)s)"
    )
    options = parser.parse_args()
    if not (TARGET[0].exists() and kpis.DBT.exists()):
        print("`make demo` installs the target and dbt first.", file=sys.stderr)
        return 1
    # Like Ctrl-C, this ends the blocks below, and their processes with them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="tap-mews-demo-"))
    try:
        _tell(folder, options.days)
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print(f"\nThe database, the state and the logs are in {folder}\n{NEXT}")
    return 0


def _tell(folder: Path, days: int) -> None:
    with ExitStack() as stack:
        with _step(f"Opening three hotels with {days} days of history"):
            hotels = stack.enter_context(open_hotels(folder / "sandbox.log", days))
        pipeline = Pipeline(folder, hotels.config)
        warehouse = Warehouse(pipeline.warehouse)
        with _step("First sync: tap-mews | target-duckdb"):
            first = pipeline.sync()
        for answer in (warehouse.arrived(), *warehouse.answers()):
            print(f"\n{answer}")
        print()
        with _step("Simulating three more days"):
            due = hotels.live_on(days=3)
        with _step("Second sync: tap-mews --state state.json | target-duckdb"):
            second = pipeline.sync()
        moved = [(stream, rows, second[stream]) for stream, rows in first.items()]
        moved.append(("All streams", first.total(), second.total()))
        print(f"\n{table(('Rows moved', 'First sync', 'Second sync'), *moved)}\n")
        with _step("Comparing each row with the sandbox"):
            rows = hotels.rows()
            wrong = {
                stream: warehouse.unaccounted(stream, rows.get(stream, {}), due)
                for stream in first
            }
        if not first.total() or any(wrong.values()):
            message = f"Rows that are missing, outdated or unexpected: {wrong}"
            raise DemoError(message)
        print(f"Every row accounted for, up to {due}.\n")
        with _step("Building key figures: dbt run"):
            kpis.build(pipeline.warehouse)
        months = kpis.last_month(pipeline.warehouse, date.fromisoformat(due[:10]))
        for month in kpis.drawn(months):
            print(f"\n{month}")
        charts = folder / "key-figures.html"
        charts.write_text(page(months), "utf-8")
        print(f"\nThe same as charts: {charts.as_uri()}")


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(what, end=" ... ", flush=True)
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
