"""Rows as the rest of the product reads them: forms that say the same in other ways are turned into
the usual one.

What it is for   each function here looks at a whole file, and gives it back as it is where it is of
                 no such form
Watch out        a field that the project gives a role is not taken away: what is named is there
"""

from collections.abc import Callable

from assay.data.reading.accepted_answers import accepted
from assay.data.reading.cell_literals import written
from assay.data.reading.conversations import spoken
from assay.data.reading.label_flags import gather_flags
from assay.data.reading.label_studio import unfolded
from assay.data.reading.nested import flattened
from assay.data.reading.option_rows import listed
from assay.data.reading.programs import checked
from assay.data.reading.ranked_answers import compared
from assay.data.reading.read_file import Read
from assay.data.reading.spans import with_spans
from assay.data.reading.tool_calls import called
from assay.data.reading.value_names import with_names

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
