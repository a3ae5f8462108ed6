"""The parts of the report on what is asked beside the scores: one module and one template each,
shown in this order.

A section has   KEY                its key in report.json; `templates/sections/<KEY>.html.j2` is its
                markup
                TITLE              its heading
                HOW                what to do where it was not measured
                markdown(data)     its blocks for report.md, without the heading
"""

from typing import Any, Protocol

from assay.weigh.sections import (
    bias,
    forgetting,
    judged,
    learning_curve,
    mistakes,
    people,
    robustness,
    update_drill,
)


class Section(Protocol):
    @property
    def KEY(self) -> str: ...
    @property
    def TITLE(self) -> str: ...
    @property
    def HOW(self) -> str: ...

    def markdown(self, data: dict[str, Any]) -> list[str]: ...


SECTIONS: tuple[Section, ...] = (
    mistakes,
    robustness,
    bias,
    forgetting,
    judged,
    people,
    learning_curve,
    update_drill,
)
