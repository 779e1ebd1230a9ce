"""Rows to standard output: validation, messages, batch files."""
