"""What a query comes to beside its reference, on the shop's database."""

import pytest

from assay.evaluation.sandbox.inside.guard import open_guarded
from assay.evaluation.sandbox.inside.query import outcome


@pytest.mark.parametrize(
    ("query", "reference", "kind"),
    [
        ("SELECT kind, name FROM item", "SELECT name, kind FROM item", "passed"),
        ("SELECT DISTINCT name FROM item", "SELECT name FROM item", "wrong value"),
        # The order counts where the reference asks for one.
        (
            "SELECT name FROM item ORDER BY price DESC",
            "SELECT name FROM item ORDER BY price",
            "wrong value",
        ),
        ("SELECT name FROM item ORDER BY price DESC", "SELECT name FROM item", "passed"),
        ("SELECT name FROM items", "SELECT name FROM item", "exception"),
        ("SELECT 1", "SELECT nothing FROM item", "test"),  # nobody's failure
        (
            "SELECT a.name FROM " + ", ".join(f"item {name}" for name in "abcdefgh"),
            "SELECT 1",
            "resources",  # 4^8 rows are more than 10,000
        ),
    ],
)
def test_a_query_comes_to_what_its_rows_say(shop, query, reference, kind):
    connection = open_guarded(str(shop))
    try:
        assert outcome(connection, query, reference)[0] == kind
    finally:
        connection.close()
