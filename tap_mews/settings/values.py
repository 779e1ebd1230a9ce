"""The settings of a run, checked and typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tap_mews import __version__
from tap_mews.errors import InvalidSettingsError
from tap_mews.identifiers import plain_ids
from tap_mews.settings.rules import is_loopback, problems
from tap_mews.settings.schema import OWN
from tap_mews.timestamps import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Settings:
    """The settings of one run, checked and typed."""

    client_token: str = field(repr=False)
    access_tokens: tuple[tuple[str, str], ...] = field(repr=False)
    """Names and tokens; the name of a single token is empty."""
    client_name: str
    api_url: str
    start_date: datetime | None
    end_date: datetime | None
    reference_start_date: datetime | None
    enterprise_ids: tuple[str, ...] | None
    chain_ids: tuple[str, ...] | None
    extraction: str
    skip_unauthorized_streams: bool
    page_size: int
    export_window: timedelta
    export_poll_seconds: float
    export_timeout_seconds: float
    ledger_lookback: timedelta
    lookback: timedelta
    companionship_refresh_days: int
    availability_days_back: int
    availability_days_ahead: int
    on_invalid_record: str
    undocumented_properties: str
    on_property_failure: str
    read_chains_once: bool
    max_concurrency: int | None
    spool_directory: Path | None
    report_path: Path | None

    @property
    def is_loopback(self) -> bool:
        """Whether the API is on this machine, so that plain http is no risk."""
        return is_loopback(self.api_url)

    @classmethod
    def load(
        cls,
        config: Mapping[str, Any],
        schema: Mapping[str, Any],
        labels: Mapping[str, str] = MappingProxyType({}),
    ) -> Settings:
        """Check a config and read it; null stands for a setting that is not set.

        White space around texts does not matter; see `trimmed`.

        Args:
            config: The values that the user gave.
            schema: JSON Schema of the settings, those of the SDK included.
            labels: What messages call a setting, if not by its name: the environment
                variable that it came from.

        Raises:
            InvalidSettingsError: Names each wrong setting and what it must be, all of
                them at once; never a value, which could be a token.
        """
        known = schema["properties"]
        values = {
            name: rule["default"] for name, rule in known.items() if "default" in rule
        } | {
            # 1000.0 is an integer to JSON Schema, but not to Mews
            name: int(value)
            if isinstance(value, float) and value.is_integer()
            else trimmed(name, value)
            for name, value in config.items()
            if value is not None
        }
        wrong = []
        for path, must_be in problems(values, schema):
            name, dot, rest = path.partition(".")
            wrong.append(f"{labels.get(name, name)}{dot}{rest} {must_be}")
        if wrong:
            raise InvalidSettingsError.of_all(wrong)
        return cls(
            client_token=values["client_token"],
            access_tokens=_named(values),
            client_name=values.get("client_name") or f"tap-mews {__version__}",
            api_url=values["api_url"].rstrip("/"),
            start_date=_moment(values.get("start_date")),
            end_date=_moment(values.get("end_date")),
            reference_start_date=_moment(values.get("reference_start_date")),
            enterprise_ids=_unique(values.get("enterprise_ids")),
            chain_ids=_unique(values.get("chain_ids")),
            extraction=values["extraction"],
            skip_unauthorized_streams=values["skip_unauthorized_streams"],
            page_size=values["page_size"],
            export_window=timedelta(days=values["export_window_days"]),
            export_poll_seconds=values["export_poll_seconds"],
            export_timeout_seconds=values["export_timeout_minutes"] * 60,
            ledger_lookback=timedelta(days=values["ledger_lookback_days"]),
            lookback=timedelta(minutes=values["lookback_minutes"]),
            companionship_refresh_days=values["companionship_refresh_days"],
            availability_days_back=values["availability_days_back"],
            availability_days_ahead=values["availability_days_ahead"],
            on_invalid_record=values["on_invalid_record"],
            undocumented_properties=values["undocumented_properties"],
            on_property_failure=values["on_property_failure"],
            read_chains_once=values["read_chains_once"],
            max_concurrency=values.get("max_concurrency"),
            spool_directory=_path(values.get("spool_directory")),
            report_path=_path(values.get("report_path")),
        )


def trimmed(name: str, value: Any) -> Any:  # noqa: ANN401 - any setting
    """A value without white space around its texts.

    A line end comes along from a file with a token, a blank from a list of identifiers.
    Only this tap's own settings are trimmed: a blank can separate flattened names.
    """
    if name not in OWN:
        return value
    if isinstance(value, list):
        return [trimmed(name, entry) for entry in value]
    if isinstance(value, dict):
        keys = [key.strip() for key in value]
        # of two names that differ in white space alone, neither may replace the other
        keys = keys if len(set(keys)) == len(keys) else [*value]
        entries = (trimmed(name, entry) for entry in value.values())
        return dict(zip(keys, entries, strict=True))
    return value.strip() if isinstance(value, str) else value


def _named(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The access tokens with their names; those of a list are numbered."""
    tokens = values.get("access_tokens")
    if tokens is None:
        return (("", values["access_token"]),)
    if isinstance(tokens, list):
        return tuple((f"token {n}", token) for n, token in enumerate(tokens, 1))
    return tuple(tokens.items())


def _moment(text: str | None) -> datetime | None:
    return parse_moment(text) if text else None


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _unique(ids: list[str] | None) -> tuple[str, ...] | None:
    return plain_ids(ids) if ids else None
