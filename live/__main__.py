"""What `make live` runs.

Exit codes: 0 if `--test` and the sync end well, 1 if not, 2 without tokens.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from live.calls import Mews, Refused
from live.questions import customers_of_a_chain, defaults
from live.runs import Runs, masked
from tap_mews import __version__
from tap_mews.tables import aligned
from tap_mews.timestamps import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json: TypeAlias = dict[str, Any]

DEMO = "https://api.mews-demo.com"
TOKENS = ("TAP_MEWS_CLIENT_TOKEN", "TAP_MEWS_ACCESS_TOKEN")
DOCUMENTED = "https://docs.mews.com/connector-api/guidelines/environments"


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Check, write the report, and print what is in it."""
    missing = [name for name in TOKENS if not environment.get(name)]
    if missing:
        print(
            f"Set {' and '.join(missing)}; {DOCUMENTED} has public ones.",
            file=sys.stderr,
        )
        return 2
    url = environment.get("TAP_MEWS_API_URL") or DEMO
    span = timedelta(days=int(environment.get("LIVE_DAYS") or 2))
    client, access = (environment[name] for name in TOKENS)
    mews = Mews(url, client, access, span)
    second = environment.get("LIVE_SECOND_ACCESS_TOKEN")
    other = Mews(url, client, second, span) if second else None
    try:
        report = _report(mews, other, {**dict(environment), "TAP_MEWS_API_URL": url})
    except Refused as error:
        print(f"The properties cannot be listed: {masked(str(error))}", file=sys.stderr)
        return 1
    report = {"host": urlsplit(url).hostname, "days": span.days, **report}
    file = Path(environment.get("LIVE_REPORT") or "live-report.json")
    text = json.dumps(report, indent=2) + "\n"
    for token in filter(None, (client, access, second)):
        text = text.replace(token, "…")
    file.write_text(text, "utf-8")
    print("\n".join(_lines(report)))
    print(f"\nThe report is in {file}; it has no data of guests.")
    return 1 if report["test"]["exit_code"] or report["sync"]["exit_code"] else 0


def _report(mews: Mews, other: Mews | None, environment: dict[str, str]) -> Json:
    with TemporaryDirectory() as folder:
        runs = Runs(Path(folder), environment, mews.now - mews.span)
        return {
            "tap": "tap-mews",
            "version": __version__,
            "python": platform.python_version(),
            "at": format_moment(mews.now),
            "test": runs.test(),
            "sync": runs.sync(),
            "defaults": list(defaults(mews)),
            "customers_of_two_tokens": other and customers_of_a_chain(mews, other),
        }


def _lines(report: Json) -> Iterator[str]:
    sync = report["sync"]
    rows = [["stream", "rows", "by", "undocumented", ""]]
    rows += [
        [
            each["stream"],
            f"{each['rows']:,}",
            ", ".join(each["ways"]),
            str(len(each["drift"]["unknown_properties"])),
            "" if each["complete"] else "INCOMPLETE",
        ]
        for each in sync["streams"]
    ]
    yield from aligned(rows, {1, 3})
    for stream, refusal in sync["refused"].items():
        yield f"{stream}: {refusal['operation']} answers HTTP {refusal['status']}"
    for found in report["defaults"]:
        what = f"{found['operation']} without {found['parameter']}"
        yield f"{what}: {masked(found.get('refused') or _difference(found))}"


def _difference(found: Json) -> str:
    hidden = sorted(found["with_all"].keys() - found["without"].keys())
    count = sum(found["with_all"].values())
    return f"{', '.join(hidden) or 'nothing'} hidden, of {count} rows"


if __name__ == "__main__":
    sys.exit(main())
