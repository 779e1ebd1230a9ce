"""The settings: their schema, their rules and their checked values."""

from tap_mews.settings.values import CONFIG, Settings

__all__ = ["CONFIG", "Settings"]
