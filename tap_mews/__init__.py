"""Singer tap for the Mews Connector API."""

__version__ = "0.2.0"
