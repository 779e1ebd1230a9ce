"""`python -m tests.crashes`: play crash histories and print what was tried."""

from __future__ import annotations

import argparse
import sys
import time

from tests.crashes.search import HISTORIES, search
from tests.crashes.stories import STORIES, tell_all
from tests.crashes.strategies import STREAMS
from tests.crashes.tally import Tally


def main() -> None:
    """Play them; the exit code is 1 if one loses a row."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes")
    parser.add_argument(
        "--histories",
        type=int,
        default=HISTORIES,
        help=f"how many of each stream in this process (default: {HISTORIES})",
    )
    parser.add_argument(
        "--in-process", action="store_true", help="leave out those of real processes"
    )
    options = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    try:
        for stream in STREAMS:
            search(stream, tally, options.histories)
        if not options.in_process:
            for outcome in tell_all(STORIES, tally).values():
                outcome.result()
    finally:
        minutes = (time.monotonic() - began) / 60
        sys.stdout.write(f"{tally}\ntime             {minutes:.1f} min\n")


if __name__ == "__main__":
    main()
