"""`python -m sandbox`: serve a sandbox until it is interrupted."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from contextlib import suppress

from sandbox.sandbox import Sandbox


def main() -> None:
    """Serve, and say where."""
    options = _options()
    sandbox = Sandbox(
        seed=options.seed,
        properties=options.properties,
        days=options.days,
        reservations_per_day=options.reservations_per_day,
    )
    sandbox.port = options.port
    sandbox.exports.seconds = options.export_seconds
    # whoever reads what is written can interrupt at once
    with suppress(KeyboardInterrupt), sandbox:
        sys.stdout.write(_machine(sandbox) if options.json else _human(sandbox))
        sys.stdout.flush()
        threading.Event().wait()
    sys.stderr.write("\nStopped.\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Simulate the Mews platform."
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="the port to listen on (default: free)")
    add("--seed", type=int, default=1, help="of hotels and history (default: 1)")
    add("--properties", type=int, default=3, help="number of hotels (default: 3)")
    add("--days", type=int, default=90, help="days of history (default: 90)")
    add("--reservations-per-day", type=float, default=2.0, help="each (default: 2)")
    add("--export-seconds", type=float, default=0.0, help="time an export takes")
    add("--json", action="store_true", help="print one line of JSON, for scripts")
    return parser.parse_args()


def _machine(sandbox: Sandbox) -> str:
    known = {
        "url": sandbox.url,
        "client_token": sandbox.client_token,
        "access_token": sandbox.access_token,
    }
    return json.dumps(known) + "\n"


def _human(sandbox: Sandbox) -> str:
    config = json.dumps(sandbox.config(), indent=2)
    items = len(sandbox.rows("OrderItem"))
    return f"""\
The sandbox serves {len(sandbox.enterprise_ids)} hotels with {items:,} order items at
{sandbox.url}

Save this as config.json, then run: tap-mews --config config.json
{config}

Simulate three more days: curl -X POST -d '{{"days": 3}}' {sandbox.url}/sandbox/live-on
List its requests:        curl {sandbox.url}/sandbox/journal
Stop it with Ctrl+C.
"""


if __name__ == "__main__":
    main()
