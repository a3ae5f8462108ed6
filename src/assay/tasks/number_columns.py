"""What numbers of a column say: how much, which class, or which row.

What it is for   a mark of the row is no target, and a class is none that says how much
"""

from assay.tasks.columns import Column


def counts_rows(column: Column) -> bool:
    """A number of the row, whatever it is called: whole numbers that rise from row to row, or
    hardly leave one out."""
    if column.share < 1 or column.filled < 3 or not all(value.isdigit() for value in column.values):
        return False
    whole = [int(value) for value in column.values]
    return whole == sorted(whole) or max(whole) - min(whole) < 1.2 * len(whole)


def marks_rows(column: Column) -> bool:
    """Whole numbers of which none comes twice: hardly something that was measured or judged."""
    return column.share > 0.98 and column.filled >= 20 and all(map(str.isdigit, column.values))


def measures(column: Column) -> bool:
    """Numbers with decimals, such as shares and means: a class or a step has none, or a half."""
    return any(
        value.rpartition(".")[2] not in ("0", "5") for value in column.values if "." in value
    )


def counts_classes(column: Column) -> bool:
    """Numbers of classes, 0, 1, 2, ...: they count, and say nothing of how much."""
    return set(column.values) == {str(number) for number in range(column.distinct)}
