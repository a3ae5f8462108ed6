from assay.data.reading.label_studio import unfold_tasks
from helpers.lines import named
from helpers.raw_tables import loaded, raw_table


def test_an_export_of_label_studio(tmp_path):
    def task(text, *values):
        results = [
            [{"type": kind, "from_name": "x", "to_name": "text", "value": value}]
            for kind, value in values
        ]
        return {
            "id": 1,
            "data": {"text": text},
            "annotations": [{"result": result} for result in results],
        }

    got = loaded(
        tmp_path,
        task("Where is it", ("choices", {"choices": ["ask"]}), ("choices", {"choices": ["tell"]})),
        task("Here it is", ("choices", {"choices": ["tell"]})),
    )
    assert (got.kind, [row.target for row in got.train]) == ("classify", ["ask", "tell"])
    assert any(named(note, "1 row", "annotations") for note in got.notes)
    span = {"start": 8, "end": 12, "text": "Oslo", "labels": ["place"]}
    got = loaded(tmp_path, task("Ann saw Oslo", ("labels", span)), task("Nothing"))
    assert [row.target for row in got.train] == ["place: Oslo", "none"]


def test_a_written_answer_and_an_annotation_that_was_cancelled():
    result = [{"type": "textarea", "value": {"text": ["In Oslo."]}}]
    task = {
        "data": {"question": "Where?"},
        "annotations": [{"was_cancelled": True, "result": []}, {"result": result}],
    }
    found = unfold_tasks(raw_table([task]), set())
    assert [raw.fields for raw in found.rows] == [{"question": "Where?", "answer": "In Oslo."}]
    assert len(found.notes) == 1  # the other one does not count
    named_by_the_project = raw_table([task])
    assert unfold_tasks(named_by_the_project, {"data"}) is named_by_the_project
