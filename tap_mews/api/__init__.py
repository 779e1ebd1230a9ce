"""Calls to the Mews Connector API: requests, their limits, what came back."""
