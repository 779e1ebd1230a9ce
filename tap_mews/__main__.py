"""Entry point of `tap-mews` and `python -m tap_mews`."""

from __future__ import annotations

import atexit
import os
import signal
from contextlib import suppress

SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")
"""Those that stop a run, where the system has them."""


def main() -> None:
    """Run the command line; a signal ends it in the same way at any moment.

    To import the tap takes most of a second, so signals come first. The tap takes them
    over as soon as there is something to end properly.
    """
    known = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    for signum in known:
        # `nohup`, or a shell in the background, can want a signal ignored
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _stop)
        # the last thing of all: Python gives up its handlers before it ends, and what
        # has been delivered must not look as if it had not
        atexit.register(signal.signal, signum, signal.SIG_IGN)
    from tap_mews.tap import TapMews  # noqa: PLC0415 - it takes long

    TapMews.cli()


def _stop(signum: int, frame: object) -> None:
    """End at once: nothing is written yet, and an import would lose an exception."""
    del frame
    with suppress(OSError):
        os.write(2, b"Stopped by signal %d before anything was read\n" % signum)
    os._exit(128 + signum)


if __name__ == "__main__":
    main()
