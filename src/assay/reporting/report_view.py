"""The report as the sections of its page look at it: its arms in their order, their names as cells,
their places in report.json."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from assay.decision import decision_table
from assay.decision.uncertainty import why_none
from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.reporting.build import Report
from assay.reporting.view import Card, cards


@dataclass(frozen=True)
class ReportView:
    report: Report

    @property
    def data(self) -> dict[str, Any]:
        return self.report.data

    @cached_property
    def place(self) -> Place:
        """report.json, for numbers that say where they stand."""
        return Place(self.data, why=why_none(self.data))

    @cached_property
    def cards(self) -> list[Card]:
        return cards(self.report)

    @cached_property
    def ranked(self) -> list[Card]:
        """The arms that have answered, best first."""
        sign = 1 if decision_table.higher_is_better(self.data) else -1
        return sorted(
            (card for card in self.cards if card.is_done),
            key=lambda card: -sign * card.data["metrics"][self.metric]["value"],
        )

    @property
    def metric(self) -> str:
        """The one that decides."""
        return self.data["task"]["metric"]

    @property
    def metric_words(self) -> str:
        return self.metric.replace("_", " ")

    @property
    def recommended(self) -> str | None:
        return self.data["verdict"]["recommended"]

    def arm(self, index: int) -> Place:
        """By its place among the strategies."""
        return self.place.at("strategies", index)

    def gap(self, index: int, side: str, metric: str) -> tuple[spec.Cell, spec.Cell]:
        """How far an arm is from the floor or the best, and the p of it; nothing for that one
        itself."""
        if self.arm(index)[side].value is None:
            return None, None
        gap = self.arm(index).at(side, metric)
        return gap.number("signed", "difference"), gap.number("p", "p_holm")

    def link(self, index: int, name: str) -> spec.TextLink:
        """To the card of an arm."""
        return spec.TextLink(f"arm-{index}", name)

    def row(self, name: str, *cells: spec.Cell, head: spec.Words | None = None) -> spec.TableRow:
        """A row of a table on an arm, marked where it is recommended. `head`: in place of its
        name."""
        state: Literal["chosen", ""] = "chosen" if name == self.recommended else ""
        return spec.TableRow((head or name, *cells), state)

    def arm_row(self, index: int, *cells: spec.Cell) -> spec.TableRow:
        """`row` with the arm's mark and a link to its card."""
        name = self.data["strategies"][index]["name"]
        return self.row(name, *cells, head=(spec.Badge(index), self.link(index, name)))

    def card_row(self, card: Card, *cells: spec.Cell) -> spec.TableRow:
        """`arm_row` that says which arms are floors."""
        floor = (" ", spec.Tag("baseline")) if card.floor else ()
        head = (spec.Badge(card.index), self.link(card.index, card.name), *floor)
        return self.row(card.name, *cells, head=head)
