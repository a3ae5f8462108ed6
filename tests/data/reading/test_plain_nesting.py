from assay.data.reading.plain_nesting import unwrap_lists, unwrap_objects
from helpers.raw_tables import raw_table


def test_a_list_of_one_list_is_read_as_it():
    turns = [{"role": "user", "content": "Where?"}]
    found = unwrap_lists(raw_table([{"question": [turns]}] * 2), set())
    assert found.rows[0].fields == {"question": turns}


def test_a_list_of_several_lists_stays():
    table = raw_table([{"question": [[{"a": 1}]]}, {"question": [[{"a": 1}], [{"a": 2}]]}])
    assert unwrap_lists(table, set()) is table


def test_the_object_that_holds_the_row_is_opened():
    rows = [{"_id": i, "_source": {"body": f"a text of words {i}", "kind": "b"}} for i in range(3)]
    found = unwrap_objects(raw_table(rows), set())
    assert found.rows[0].fields == {"_id": 0, "body": "a text of words 0", "kind": "b"}


def test_an_object_of_one_text_is_read_as_it():
    rows = [{"question": f"Where {i}?", "query": {"sparql": f"SELECT {i}"}} for i in range(3)]
    assert unwrap_objects(raw_table(rows), set()).rows[2].fields["query"] == "SELECT 2"
    named = raw_table(rows)
    assert unwrap_objects(named, {"query.sparql"}) is named
