from assay.data.reading.row_search import elements, inner_rows, search_rows


def lines(n):
    return [{"sent": f"a line of words {i}", "label": "ab"[i % 2]} for i in range(n)]


def test_the_list_of_texts_with_labels_is_found_however_deep():
    outer = [{"doc": i, "parts": [{"name": "p", "lines": lines(4)}]} for i in range(3)]
    assert search_rows(outer) == ["parts", "lines"]
    found = [*inner_rows(outer[1], ["parts", "lines"])]
    assert len(found) == 4
    assert found[1] == {"doc": 1, "name": "p", "sent": "a line of words 1", "label": "b"}


def test_rows_with_a_text_and_a_target_stay():
    row = {"claim": "a claim of some words", "label": "true", "tweets": lines(3)}
    assert search_rows([row, {**row, "claim": "one more of them here", "label": "false"}]) == []


def test_answers_to_a_question_above_them_are_no_rows():
    rows = [{"question": f"Where is it {i}?", "posts": lines(3)} for i in range(3)]
    assert search_rows(rows) == []


def test_objects_of_objects_and_lists_of_lists_are_lists_too():
    rows = lines(2)
    assert elements({"s1": rows[0], "s2": rows[1]}) == [
        {"id": "s1", **rows[0]},
        {"id": "s2", **rows[1]},
    ]
    assert elements([[rows[0]], [rows[1]]]) == rows
    assert elements(["a"]) is None
