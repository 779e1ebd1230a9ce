"""What settings must be, beyond what their schema can say."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from tap_mews.timestamps import parse_moment
from tap_mews.violations import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_IDS = 1000
"""`exports/add`: the most identifiers in one scope."""

_SPACE = re.compile(r"\s")


def problems(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Find what is wrong with a config.

    Args:
        config: Values with the defaults filled in, and nothing null.
        schema: JSON Schema of the settings.

    Yields:
        What a setting must be, by its name; never a value, which could be a token.
    """
    for name in schema.get("required", ()):
        if name not in config:
            yield f"{name} is required"
    wrong = set()
    for error in Draft202012Validator(schema).iter_errors(dict(config)):
        if error.absolute_path:
            wrong.add(error.absolute_path[0])
            name = ".".join(str(part) for part in error.absolute_path)
            yield f"{name} {describe(error)}"
    sound = {name: value for name, value in config.items() if name not in wrong}
    yield from _problems_of_moments(sound)
    yield from _problems_of_ids(sound)
    if "api_url" in sound:
        yield from _problems_of_address(sound["api_url"])
    spool = sound.get("spool_directory")
    if spool and not Path(spool).expanduser().is_dir():
        yield "spool_directory must be an existing folder"
    if report := sound.get("report_path"):
        path = Path(report).expanduser()
        if path.is_dir() or not path.parent.is_dir():
            yield "report_path must be a file in an existing folder"


def _problems_of_moments(config: Mapping[str, Any]) -> Iterator[str]:
    moments = {}
    for name in ("start_date", "end_date"):
        try:
            moments[name] = parse_moment(config[name]) if config.get(name) else None
        except ValueError:
            yield f"{name} must be an ISO 8601 date or date-time"
    start, end = moments.get("start_date"), moments.get("end_date")
    if start and end and start >= end:
        yield "start_date must be before end_date"


def _problems_of_ids(config: Mapping[str, Any]) -> Iterator[str]:
    for name in ("enterprise_ids", "chain_ids"):
        if name in config and not 1 <= (count := len(config[name])) <= MOST_IDS:
            yield f"{name} must have 1 to {MOST_IDS} entries; it has {count}"


def _problems_of_address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        is_complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or parts.scheme not in {"http", "https"} or _SPACE.search(url):
        yield "api_url must be an address such as https://api.mews.com"
    elif parts.scheme == "http" and not is_loopback(url):
        yield "api_url must begin with https, unless it is a loopback address"
    elif parts.username or parts.password or parts.query or parts.fragment:
        yield "api_url must have no user, query or fragment"


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine, so that plain http is no risk."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def wrong_in_environment(
    environment: Mapping[str, str],
    prefix: str,
    schema: Mapping[str, Any],
) -> Iterator[str]:
    """Find the environment variables that cannot be read as their setting's type.

    Args:
        environment: Variables by name.
        prefix: Begins the names of those that are settings.
        schema: JSON Schema of the settings.

    Yields:
        What such a variable must be, by its name; never a value.
    """
    for name, rule in schema["properties"].items():
        variable = prefix + name.upper()
        if variable in environment and "integer" in rule.get("type", ()):
            try:
                int(environment[variable])
            except ValueError:
                yield f"{variable} must be a whole number"
        elif variable in environment and "object" in rule.get("type", ()):
            try:
                json.loads(environment[variable])
            except ValueError:
                yield f"{variable} must be JSON"
