"""The key figures as charts: one page that needs nothing else, no network either."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from plotly.graph_objects import (  # type: ignore[import-untyped]
    Bar,
    Figure,
    Scatter,
)

if TYPE_CHECKING:
    from demo.kpis import Kpis

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Key figures</title></head>
<body style="font-family: sans-serif; max-width: 60em; margin: auto">
<h1>A month of each hotel</h1>
{charts}
</body>
</html>
"""


def page(months: dict[str, list[Kpis]]) -> str:
    """Give the page; the first chart brings the library along."""
    charts = [
        f"<h2>{escape(hotel)}</h2>\n"
        + _chart(days).to_html(full_html=False, include_plotlyjs=not number)
        for number, (hotel, days) in enumerate(months.items())
    ]
    return _PAGE.format(charts="\n".join(charts))


def _chart(days: list[Kpis]) -> Figure:
    dates = [day.day for day in days]
    money = days[0].currency
    chart = Figure(
        Bar(
            x=dates,
            y=[None if day.occupancy is None else float(day.occupancy) for day in days],
            name="Occupancy",
            yaxis="y2",
            marker_color="#d5dde8",
        )
    )
    for name, values in (
        ("ADR", [day.adr for day in days]),
        ("RevPAR", [day.revpar for day in days]),
        ("TRevPAR", [day.trevpar for day in days]),
    ):
        line = [None if value is None else float(value) for value in values]
        chart.add_trace(Scatter(x=dates, y=line, name=name, mode="lines+markers"))
    chart.update_layout(
        height=380,
        template="plotly_white",
        margin={"t": 20},
        legend={"orientation": "h"},
        yaxis={"title": money, "overlaying": "y2", "rangemode": "tozero"},
        yaxis2={"side": "right", "tickformat": ".0%", "range": [0, 1]},
    )
    return chart
