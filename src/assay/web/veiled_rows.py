"""The rows of the data files under the names and with the texts that the project's anonymise steps
give them, as the ledger has them; as they are where there is no such step."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from assay.core.errors import DataError
from assay.core.types import Example
from assay.runtime.data_stage.annotation import Annotation
from assay.runtime.data_stage.redaction import Veil, key_of


@dataclass(frozen=True)
class VeiledRows:
    """
    Attributes:
        by_name: as the ledger calls a row -> the row as it was read. names: its id -> that name.
    """

    veil: Veil
    by_name: dict[str, Example]
    names: dict[str, str]

    @classmethod
    def of(cls, work: Annotation) -> VeiledRows:
        try:
            key = key_of(work.project)
        except DataError:  # there is none before the first run, and here nothing lasts
            key = secrets.token_bytes(32)
        veil = Veil(work.project, key)
        veil.of_kind(work.kind)
        names = {row.id: veil.name(row.id) if key else row.id for row in work.rows}
        return cls(veil, {names[row.id]: row for row in work.rows}, names)

    @property
    def hides(self) -> bool:
        """Whether there is an anonymise step."""
        return bool(self.veil.key)

    def shown(self, row: Example) -> Example:
        """The row without personal data, as far as the steps find it."""
        return self.veil.example(row) if self.hides else row

    def place(self, row: Example) -> str:
        return self.veil.place(row.source) if self.hides else row.source
