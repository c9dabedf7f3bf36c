"""Figures of a run beside those of the runs before it, drawn by pygal as SVG."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pygal  # type: ignore[import-untyped]
from markupsafe import Markup
from pygal.style import Style  # type: ignore[import-untyped]

from checklist.figures import FIGURES
from checklist.history import Past
from checklist.results import Run

# What pygal 3.1 puts there for its maps has no find_spec, which Python and pytest ask of every finder.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

SHOWN = 10
"""Runs, this one among them."""

FAR = 4
"""A budget that is so many times as much as all that was measured is told, and not drawn."""

STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--soft)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--rule)",
    colors=("var(--line1)", "var(--line2)", "var(--line3)", "var(--line4)", "var(--failed)"),
    font_family="inherit",
    label_font_size=15,
    major_label_font_size=15,
    legend_font_size=15,
)


@dataclass(frozen=True)
class Chart:
    """`rows` are, for each target, its figures in the runs that `days` names; None where a run has none."""

    title: str
    days: Sequence[str]
    rows: Mapping[str, Sequence[float | None]]
    budget: float | None

    @property
    def most(self) -> float:
        return max(value for row in self.rows.values() for value in row if value is not None)

    @property
    def svg(self) -> Markup:
        chart = pygal.Line(
            style=STYLE,
            js=(),
            width=400,
            height=220,
            margin=8,
            margin_right=40,
            show_legend=True,
            legend_at_bottom=True,
            legend_at_bottom_columns=4,
            x_label_rotation=0,
            truncate_legend=16,
            show_minor_x_labels=False,
            min_scale=3,
            max_scale=5,
            range=(0, max(self.most, self._drawn or 0) * 1.1 or 1),
            dots_size=4,
            disable_xml_declaration=True,
        )
        chart.x_labels = list(self.days)
        chart.x_labels_major = [self.days[0], self.days[-1]]
        for name, row in self.rows.items():
            chart.add(name, list(row))
        if self._drawn:
            chart.add("budget", [self._drawn] * len(self.days), show_dots=False, stroke_style={"dasharray": "6, 4"})
        return Markup(chart.render(is_unicode=True))

    @property
    def _drawn(self) -> float | None:
        return self.budget if self.budget is not None and self.budget <= self.most * FAR else None


def charts(run: Run, past: Sequence[Past]) -> Iterator[Chart]:
    """Of each figure that the run measured."""
    before = [one for one in past if one.environment == run.environment and one.started < run.started][1 - SHOWN :]
    starts = [*(one.started for one in before), run.started]
    days = [f"{start:%m-%d}" for start in starts]
    for name, title in FIGURES.items():
        if mine := run.figures.get(name):
            told = [*(one.figures.get(name, {}) for one in before), mine]
            rows = {target: [one.get(target) for one in told] for target in mine}
            yield Chart(title, days, rows, run.budgets.get(name))
    if before:
        yield Chart(
            "The whole run, min",
            days,
            {"run": [round(seconds / 60, 1) for seconds in (*(one.seconds for one in before), run.seconds)]},
            None,
        )
