"""Rows as the rest of the product reads them: forms that say the same in other ways are turned into
the usual one.

What it is for   each function here looks at a whole file, and gives it back as it is where it is of
                 no such form
Watch out        a field that the project gives a role is not taken away: what is named is there
"""

from collections.abc import Callable

from assay.curate.reading.answers import accepted
from assay.curate.reading.calls import called
from assay.curate.reading.choices import listed
from assay.curate.reading.compared import compared
from assay.curate.reading.flags import gather_flags
from assay.curate.reading.label_studio import unfolded
from assay.curate.reading.nested import flattened
from assay.curate.reading.programs import checked
from assay.curate.reading.read import Read
from assay.curate.reading.spans import with_spans
from assay.curate.reading.spoken import spoken
from assay.curate.reading.value_names import with_names
from assay.curate.reading.written_cells import written

Form = Callable[[Read, set[str]], Read]
FORMS: tuple[Form, ...] = (
    written,
    unfolded,
    with_spans,
    gather_flags,
    flattened,
    with_names,
    listed,
    compared,
    checked,
    called,
    spoken,
    accepted,
)


def tidied(table: Read, named: set[str]) -> Read:
    """The file in the usual form.

    Args:
        named: fields that the project gives a role.
    """
    for form in FORMS:
        table = form(table, named)
    return table
