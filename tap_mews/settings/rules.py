"""What settings must be, beyond what their schema can say."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from tap_mews.timestamps import FIRST_YEAR, parse_moment
from tap_mews.violations import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_IDS = 1000
"""`exports/add`: the most identifiers in one scope."""

IDS = ("enterprise_ids", "chain_ids")
"""Settings that are lists of identifiers."""

_IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SPACE_OR_QUOTE = re.compile(r"[\s\"'`]")
_TOKEN = re.compile(r"[0-9a-f]{24,}(-[0-9a-f]*)?", re.IGNORECASE)
_ALONE = "must be the token alone, without spaces and quotes"

LONGEST_NAME = 100
"""Characters of the name of an access token, which messages show."""

_BATCH_KEYS = {
    "batch_config": {"encoding", "storage", "batch_size"},
    "batch_config.encoding": {"format", "compression"},
    "batch_config.storage": {"root", "prefix", "params"},
}
"""What the SDK takes in `batch_config`; it stumbles over anything else."""


def problems(
    config: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Find what is wrong with a config.

    Args:
        config: Values with the defaults filled in, and nothing null.
        schema: JSON Schema of the settings.

    Yields:
        The name of a setting, with the path to the wrong place in it, and what it must
        be; never a value, which could be a token.
    """
    for name in schema.get("required", ()):
        if name not in config:
            yield name, "is required"
    yield from _problems_of_access(config)
    if config.get("flattening_enabled") and "flattening_max_depth" not in config:
        yield "flattening_max_depth", "is required if flattening_enabled is true"
    # the SDK's schema of stream maps is none; they are checked with the streams
    maps = {"stream_maps": {"type": ["object", "null"]}}
    checked = {**schema, "properties": {**schema["properties"], **maps}}
    wrong = set()
    for error in Draft202012Validator(checked).iter_errors(dict(config)):
        if error.absolute_path:
            wrong.add(error.absolute_path[0])
            # a token in the place of its name must not be shown
            place = map(str, error.absolute_path)
            name = ".".join("…" if looks_like_token(part) else part for part in place)
            yield name, describe(error)
    sound = {name: value for name, value in config.items() if name not in wrong}
    for rule in _RULES:
        yield from rule(sound)


def _problems_of_texts(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """No setting holds a line end in its midst, nor what cannot be seen."""
    for name, value in config.items():
        if isinstance(value, str) and not name.startswith("flattening_"):
            if not value:
                yield name, "must not be empty"
            elif not value.isprintable():
                yield name, "must be one line without invisible characters"


def _problems_of_tokens(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("client_token", "access_token"):
        if _SPACE_OR_QUOTE.search(config.get(name, "")):
            yield name, _ALONE


def _problems_of_many_tokens(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = config.get("access_tokens")
    if given is None:
        return
    named = given if isinstance(given, dict) else dict(enumerate(given))
    tokens = [*named.values()]
    if not tokens:
        yield "access_tokens", "must have at least one token"
    for number, (name, token) in enumerate(named.items(), 1):
        # messages show names, so a token in that place must not pass for one
        if looks_like_token(name) or name in tokens:
            must_be = f"names before the tokens; entry {number} has none"
            yield "access_tokens", f"must have {must_be}"
        elif name != (str(name).strip() if isinstance(name, str) else name):
            yield "access_tokens", f"must have each name once; see entry {number}"
        elif not (str(name).isprintable() and 0 < len(str(name)) <= LONGEST_NAME):
            must_be = f"names of 1 to {LONGEST_NAME} characters; see entry {number}"
            yield "access_tokens", f"must have {must_be}"
        elif _SPACE_OR_QUOTE.search(token) or not token.isprintable():
            yield f"access_tokens.{name}", _ALONE
        elif token in tokens[: number - 1]:
            yield f"access_tokens.{name}", "must not repeat an earlier token"


def looks_like_token(text: object) -> bool:
    """Whether a text has the form of the tokens that Mews issues."""
    return isinstance(text, str) and _TOKEN.fullmatch(text.strip()) is not None


def _problems_of_access(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Exactly one of the two settings for access tokens is given."""
    given = {"access_token", "access_tokens"} & config.keys()
    if not given:
        yield "access_token", "is required, or access_tokens"
    elif len(given) > 1:
        yield "access_token", "must not be set together with access_tokens"


def _problems_of_moments(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    moments = {}
    for name in ("start_date", "reference_start_date", "end_date"):
        try:
            moments[name] = parse_moment(config[name]) if config.get(name) else None
        except ValueError:
            must_be = f"a date such as 2026-01-31 or a date-time, {FIRST_YEAR} or later"
            yield name, f"must be {must_be}, in ISO 8601"
    end = moments.pop("end_date", None)
    for name, start in moments.items():
        if start and end and start >= end:
            yield name, "must be before end_date"


def _problems_of_ids(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in IDS:
        ids = config.get(name)
        if ids is None:
            continue
        if not 1 <= len(ids) <= MAX_IDS:
            yield name, f"must have 1 to {MAX_IDS} entries; it has {len(ids)}"
        strange = [
            str(n) for n, key in enumerate(ids) if not _IDENTIFIER.fullmatch(key)
        ]
        if strange:
            example = "such as 674c333a-246b-4a60-83f9-50056c00d91b"
            where = (
                f"entry {strange[0]} is not" if len(strange) < len(ids) else "none is"
            )
            yield name, f"must list identifiers {example}; {where} an identifier"


def _problems_of_address(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    url = config.get("api_url")
    if not url:
        return
    try:
        parts = urlsplit(url)
        is_complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete or parts.scheme not in {"http", "https"} or " " in url:
        yield "api_url", "must be an address such as https://api.mews.com"
    elif parts.scheme == "http" and not is_loopback(url):
        yield "api_url", "must begin with https, unless it is a loopback address"
    elif parts.username or parts.password or parts.query or parts.fragment:
        yield "api_url", "must have no user, query or fragment"
    elif "/api/" in f"{parts.path.lower()}/":
        yield "api_url", "must have no path such as /api/connector/v1; the tap adds it"


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine, so that plain http is no risk."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _problems_of_paths(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    spool, report = (
        Path(config[name]) if config.get(name) else None
        for name in ("spool_directory", "report_path")
    )
    if spool and not _is_folder(spool):
        yield "spool_directory", "must be an existing folder"
    if report and (not _is_folder(report.parent) or _is_no_file(report)):
        yield "report_path", "must be a file in an existing folder"


def _is_folder(path: Path) -> bool:
    try:
        return path.expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):
        # no access to what is around it, `~nobody`, a name that no file can have
        return False


def _is_no_file(path: Path) -> bool:
    """Whether something else is there: a folder, a pipe, a device.

    A report takes the place of the one before, and must not take that of a device.
    """
    try:
        place = path.expanduser()
        return place.exists() and not place.is_file()
    except (OSError, RuntimeError, ValueError):
        return True


def _problems_of_flattening(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, least in (("flattening_max_depth", 0), ("flattening_max_key_length", 1)):
        if config.get(name, least) < least:
            yield name, f"must be at least {least}"


def _problems_of_batches(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    batch = config.get("batch_config")
    if not batch:
        return
    encoding, storage = batch.get("encoding") or {}, batch.get("storage") or {}
    if not encoding.get("format"):
        yield "batch_config.encoding.format", "is required"
    if not storage.get("root"):
        yield "batch_config.storage.root", "is required"
    elif not _is_known_storage(storage["root"]):
        yield "batch_config.storage.root", "must be an address such as file:///exports"
    if not str(storage.get("prefix", "")).isprintable():
        yield "batch_config.storage.prefix", "must not have invisible characters"
    if not isinstance(storage.get("params", {}), dict):
        yield "batch_config.storage.params", "must be of type object"
    size = batch.get("batch_size")
    # type, since true is an integer to Python
    if size is not None and (type(size) is not int or size < 1):
        yield "batch_config.batch_size", "must be a whole number, at least 1"
    parts = zip(_BATCH_KEYS.items(), (batch, encoding, storage), strict=True)
    for (name, known), part in parts:
        for key in part.keys() - known:
            yield f"{name}.{key}", "is not known"


def _is_known_storage(root: str) -> bool:
    """Whether it is a path, or an address with a protocol that fsspec knows."""
    # here, as few runs write batches
    from fsspec import available_protocols  # type: ignore[import-untyped] # noqa: PLC0415

    protocol, separator, _ = root.partition("://")
    known = not separator or protocol in available_protocols()
    return known and root.isprintable() and bool(root.strip())


def _problems_of_faker(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    locales = config.get("faker_config", {}).get("locale")
    if not locales or find_spec("faker") is None:  # it is an optional package
        return
    known = import_module("faker.config").AVAILABLE_LOCALES
    for locale in [locales] if isinstance(locales, str) else locales:
        if locale.replace("-", "_") not in known:
            yield "faker_config.locale", "must be Faker locales, such as de_AT"


_RULES: tuple[Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]], ...] = (
    _problems_of_texts,
    _problems_of_tokens,
    _problems_of_many_tokens,
    _problems_of_moments,
    _problems_of_ids,
    _problems_of_address,
    _problems_of_paths,
    _problems_of_flattening,
    _problems_of_batches,
    _problems_of_faker,
)
