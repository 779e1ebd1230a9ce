"""The settings as users see them, in `--about` and Meltano."""

from __future__ import annotations

from singer_sdk import typing as th

LONGEST_EXPORT_DAYS = 180
"""`exports/add`: the longest interval of its `UpdatedUtc` filter."""

CONFIG = th.PropertiesList(
    th.Property(
        "client_token",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client token",
        description="Token that Mews issued for your integration.",
    ),
    th.Property(
        "access_token",
        th.StringType(min_length=1),
        secret=True,
        title="Access token",
        description=(
            "Token of one property, or a portfolio token of several. Either this or "
            "access_tokens is required."
        ),
    ),
    th.Property(
        "access_tokens",
        th.CustomType(
            {
                "type": ["object", "array", "null"],
                "additionalProperties": {"type": "string", "minLength": 1},
                "items": {"type": "string", "minLength": 1},
            }
        ),
        secret=True,
        title="Access tokens",
        description=(
            "Tokens of several properties, read in one run: an object that maps names "
            "to tokens, or a list of tokens. Messages and the report use the names."
        ),
    ),
    th.Property(
        "on_property_failure",
        th.StringType,
        allowed_values=["fail_at_end", "stop", "warn"],
        default="fail_at_end",
        title="On the failure of a property",
        description=(
            "What to do if some properties cannot be read: read the others and end "
            "with an error, stop at once, or read the others and warn. The next run "
            "reads what is missing."
        ),
    ),
    th.Property(
        "read_chains_once",
        th.BooleanType,
        default=False,
        title="Read chains once",
        description=(
            "Whether only one of several access tokens reads the data of a chain, such "
            "as customers. By default each of them does, because Mews does not promise "
            "that all of them see the same rows."
        ),
    ),
    th.Property(
        "client_name",
        th.StringType(min_length=1),
        title="Client name",
        description=(
            "Name and version that Mews sees in each request. Default: name and "
            "version of the tap."
        ),
    ),
    th.Property(
        "api_url",
        th.StringType,
        default="https://api.mews.com",
        title="API address",
        description=(
            "Address of the Mews platform; `https://api.mews-demo.com` is the public "
            "demo. Plain http is accepted for a loopback address only."
        ),
    ),
    th.Property(
        "start_date",
        th.DateTimeType,
        title="Start date",
        description=(
            "Date or date-time from which a stream without a bookmark is read. "
            "Default: everything."
        ),
    ),
    th.Property(
        "reference_start_date",
        th.DateTimeType,
        title="Reference start date",
        description=(
            "Date or date-time from which customers, companies and other data that "
            "rows refer to are read. Default: everything, regardless of start_date. If "
            "set, ids in rows can point to rows that were not read."
        ),
    ),
    th.Property(
        "end_date",
        th.DateTimeType,
        title="End date",
        description=(
            "Date or date-time up to which streams are read. Default: five minutes ago "
            "by the server's clock."
        ),
    ),
    th.Property(
        "enterprise_ids",
        th.ArrayType(th.StringType(min_length=1)),
        title="Enterprise identifiers",
        description=(
            "The properties to read, up to 1000. Default: all that the access token "
            "reaches."
        ),
    ),
    th.Property(
        "chain_ids",
        th.ArrayType(th.StringType(min_length=1)),
        title="Chain identifiers",
        description=(
            "The chains whose customers and companies to read, up to 1000. Default: "
            "all that the access token reaches."
        ),
    ),
    th.Property(
        "extraction",
        th.StringType,
        allowed_values=["auto", "exports", "pages"],
        default="auto",
        title="Extraction",
        description=(
            "How entities are read: through data exports or page by page. `auto` uses "
            "an export for a first sync and for more than a week, pages for less. If "
            "Mews refuses one of the two, it uses the other."
        ),
    ),
    th.Property(
        "sensitive_streams",
        th.BooleanType,
        default=False,
        title="Sensitive streams",
        description=(
            "Whether the catalog includes the streams with cards, notes and other free "
            "text about guests: account_notes, credit_cards, service_order_notes, "
            "tasks."
        ),
    ),
    th.Property(
        "skip_unauthorized_streams",
        th.BooleanType,
        default=False,
        title="Skip unauthorized streams",
        description=(
            "Whether to skip the selected streams that Mews does not let these tokens "
            "read, with a warning. By default, the run fails before it reads anything. "
            "A stream that version 0.1 did not have is skipped until a run has read it."
        ),
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=1000),
        default=1000,
        title="Page size",
        description=(
            "Rows to request in one page, 1 to 1000. The tap requests fewer after a "
            "page that Mews could not return in time or that had more than 4 MB."
        ),
    ),
    th.Property(
        "export_window_days",
        th.IntegerType(minimum=1, maximum=LONGEST_EXPORT_DAYS),
        default=LONGEST_EXPORT_DAYS,
        title="Export window",
        description="Longest time span of one export in days, 1 to 180.",
    ),
    th.Property(
        "export_poll_seconds",
        th.IntegerType(minimum=1, maximum=3600),
        default=60,
        title="Export poll pause",
        description=(
            "Longest pause in seconds between two checks of running exports, 1 to "
            "3600. The first check comes after about a second."
        ),
    ),
    th.Property(
        "export_timeout_minutes",
        th.IntegerType(minimum=1, maximum=10080),
        default=720,
        title="Export time-out",
        description=(
            "How long to wait for one export in minutes, 1 to 10080. The next run "
            "resumes waiting for the same export."
        ),
    ),
    th.Property(
        "ledger_lookback_days",
        th.IntegerType(minimum=0, maximum=366),
        default=7,
        title="Ledger lookback",
        description=(
            "How many days of posting dates before the bookmark ledger_entries and "
            "ledger_balances read again, 0 to 366. They always read the days again "
            "that a property can still edit (AccountingEditableHistoryInterval)."
        ),
    ),
    th.Property(
        "lookback_minutes",
        th.IntegerType(minimum=0, maximum=44640),
        default=5,
        title="Lookback",
        description=(
            "How many minutes before the bookmark the other streams read again, 0 to "
            "44640."
        ),
    ),
    th.Property(
        "companionship_refresh_days",
        th.IntegerType(minimum=0, maximum=85),
        default=3,
        title="Companionship refresh",
        description=(
            "Each run also reads the companionships of reservations that are in house "
            "or arrive within this many days, 0 (none) to 85."
        ),
    ),
    th.Property(
        "availability_days_back",
        th.IntegerType(minimum=0, maximum=3660),
        default=7,
        title="Availability, days back",
        description=(
            "How many days before today each run reads of service_availability and "
            "rate_pricing, 0 to 3660, regardless of start_date."
        ),
    ),
    th.Property(
        "availability_days_ahead",
        th.IntegerType(minimum=0, maximum=1830),
        default=365,
        title="Availability, days ahead",
        description=(
            "How many days after today each run reads of service_availability and "
            "rate_pricing, 0 to 1830, regardless of end_date."
        ),
    ),
    th.Property(
        "on_invalid_record",
        th.StringType,
        allowed_values=["fail", "warn"],
        default="fail",
        title="On an invalid record",
        description=(
            "What to do with a record that violates its schema: stop, or warn and pass "
            "it on."
        ),
    ),
    th.Property(
        "undocumented_properties",
        th.StringType,
        allowed_values=["drop", "keep"],
        default="drop",
        title="Undocumented properties",
        description=(
            "What to do with properties that the schema of a row does not have: drop "
            "them, or keep them unchanged in the object `_undocumented` of the record, "
            "by their JSON Pointer. They can hold personal data. Either way, one log "
            "line per stream and run counts and names them."
        ),
    ),
    th.Property(
        "max_concurrency",
        th.IntegerType(minimum=1, maximum=64),
        title="Concurrency",
        description=(
            "Maximum number of concurrent requests, 1 to 64, for a token that other "
            "clients use as well. Default: as many as the rate limit allows."
        ),
    ),
    th.Property(
        "spool_directory",
        th.StringType(min_length=1),
        title="Spool directory",
        description=(
            "Existing folder for exported files while they are read. Default: the "
            "system's folder for temporary files."
        ),
    ),
    th.Property(
        "report_path",
        th.StringType(min_length=1),
        title="Report",
        description=(
            "File for a JSON report of each run: what was read of each stream, and "
            "what it took. The folder must exist, and the file is replaced."
        ),
    ),
).to_dict()

OWN = frozenset(CONFIG["properties"])
"""This tap's own settings; the SDK adds its own to the schema."""
