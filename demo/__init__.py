"""The demo: a stand-in hotel group synced into DuckDB, twice, and looked at."""
