"""Entry point of `python -m tap_mews`."""

from tap_mews.tap import TapMews

TapMews.cli()
