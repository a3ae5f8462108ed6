"""What the patterns find in a text."""

from assay.data.pii.recognise import find_by_pattern
from assay.data.pii.spans import drop_overlaps
from assay.data.steps.anonymise import Anonymise


def found(text: str) -> list[tuple[str, str]]:
    """(kind, the datum as it stands there), of every kind that `anonymise` looks for by itself."""
    return [
        (span.kind, text[span.start : span.end])
        for span in drop_overlaps(find_by_pattern(text, Anonymise().kinds))
    ]
