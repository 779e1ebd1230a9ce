"""The settings: their schema, their rules and their checked values."""

from tap_mews.settings.schema import CONFIG
from tap_mews.settings.values import Settings

__all__ = ["CONFIG", "Settings"]
