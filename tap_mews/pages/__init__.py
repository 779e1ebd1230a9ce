"""Reader of operations that answer page by page."""
