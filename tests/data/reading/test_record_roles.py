from assay.data.reading.record_roles import roles_of


def test_labels_come_again_and_are_short():
    assert roles_of([["a", "b"], ["a"], [], ["b", "a"], ["a"]]) == ("labels", {})
    assert roles_of([["a", "b"], ["c"], ["d"]])[0] == "records"
    assert roles_of([["x" * 80]] * 9)[0] == "records"


def test_objects_are_fields_and_anything_else_is_an_answer():
    assert roles_of([{"city": "Oslo"}, {}])[1]["entities"] == "entities"
    assert roles_of([[["a", "b"]], []]) == ("records", {"question": "text", "answer": "records"})
    assert roles_of([[]])[0] == "records"
