from assay.tasks.columns import columns_of
from assay.tasks.context_columns import context_of, group_of, slices_of

NAMES = "Ann Bo Cy Dora Eve Finn Gil Hana Ida Jon".split()


def columns(rows):
    return {column.name: column for column in columns_of(rows)}


QUESTIONS = [
    {
        "question": f"Who was the visitor number {i}?",
        "answer": name,
        "notes": f"On day {i} the house was open and {name} came by for a look.",
        "passage": f"The guest book of day {i} has one line, in blue ink and a round hand.",
    }
    for i, name in enumerate(NAMES)
]


def test_a_passage_is_found_by_its_name_before_its_text():
    found = columns(QUESTIONS)
    free = [found["notes"], found["passage"]]
    column, why = context_of(free, "answer", False, found["answer"], QUESTIONS)
    assert column.name == "passage" and "named" in why


def test_without_such_a_name_it_is_the_text_that_the_answers_stand_in():
    found = columns(QUESTIONS)
    column, why = context_of([found["notes"]], "answer", False, found["answer"], QUESTIONS)
    assert column.name == "notes" and why.startswith("100%")
    # A label may stand in a text by chance: there it says nothing.
    assert context_of([found["notes"]], "classify", False, found["answer"], QUESTIONS) is None


def test_what_is_summarised_or_read_in_pairs_has_no_passage_beside_it():
    found = columns(QUESTIONS)
    free = [found["passage"]]
    assert context_of(free, "summarise", False, found["answer"], QUESTIONS) is None
    assert context_of(free, "classify", True, found["answer"], QUESTIONS) is None


def test_rows_are_grouped_by_a_field_of_few_values_that_names_where_they_come_from():
    rows = [
        {"customer": f"c{i % 20}", "order_id": f"o{i // 2}", "colour": f"k{i % 20}", "uid": i}
        for i in range(100)
    ]
    found, reasons = columns(rows), []
    assert group_of(list(found.values()), [], reasons) == "customer"
    assert "100 rows share 20 values" in reasons[0]
    # Any name of several words that ends with id will do; a colour says nothing of where.
    assert group_of([found["colour"], found["order_id"]], [], []) == "order_id"
    assert group_of([found["colour"]], [], []) is None


def test_a_field_that_is_another_one_in_each_row_is_no_group():
    rows = [{"customer": f"c{i}", "user": "all"} for i in range(100)]
    assert group_of(list(columns(rows).values()), [], []) is None


def test_a_text_that_rows_share_groups_them_where_no_field_does():
    rows = [{"premise": f"text {i % 10}"} for i in range(40)]
    assert group_of([], [None, columns(rows)["premise"]], []) == "premise"


def test_results_are_reported_by_columns_with_enough_rows_a_value():
    rows = [
        {
            "language": ["de", "en"][i % 2],
            "rare": "ab"[i > 10],  # 11 rows of 80 are `a`: fewer than 30
            "shade": ["dark", "light"][i % 2],
            "level": i % 2,  # a number
            "label": "xy"[i % 2],
        }
        for i in range(80)
    ]
    found, reasons = columns(rows), []
    free = [found[name] for name in ("rare", "shade", "level", "language")]
    # Those with a telling name first; what is answered itself is none.
    assert slices_of(free, found["label"], reasons) == ("language", "shade")
    assert len(reasons) == 1
    assert slices_of([found["label"]], found["label"], []) == ()
