from assay.audits.update_drill.changes import DataChange, DrillData
from assay.audits.update_drill.update_paths import rehearsal_rows, trains, uses_endpoint, ways
from assay.config import make_strategy
from assay.core.types import Document, Example, Message


def row(id):
    return Example(id, (Message("user", f"text {id}"),), "a")


OLD, NEW = [row(f"o{i}") for i in range(20)], [row(f"n{i}") for i in range(3)]
BEFORE = DrillData(tuple(OLD), ())
AFTER = DrillData((*OLD[:10], *NEW, *OLD[10:]), ())
LABEL = DataChange("label", BEFORE, AFTER, (), (), new=tuple(NEW))
FACTS = DataChange("facts", BEFORE, AFTER, (), (), put=(Document("a", "b"),))
TOPIC = DataChange("topic", AFTER, BEFORE, (), (), ends=True)
SHOTS = {"kind": "shots", "k": 0}
LORA = {"kind": "lora", "rank": 4}


def made(settings):
    return make_strategy(settings, {})


def test_each_arm_takes_a_change_in_by_the_shortest_way():
    rag = made({"kind": "rag", "inner": SHOTS})
    assert ways(rag, FACTS) == ["reindexed"]
    assert ways(made(SHOTS), LABEL) == ["edited"]
    assert ways(made({"kind": "tfidf"}), LABEL) == ["refitted"]
    assert ways(made(LORA), LABEL) == ["continued", "retrained"]
    # Nothing new to go on with: what is to be forgotten must be trained away.
    assert ways(made(LORA), TOPIC) == ["retrained"]
    assert ways(rag, LABEL) == ["refitted"]


def test_what_is_trained_inside_is_trained():
    assert trains(made(LORA)) and trains(made({"kind": "rag", "inner": LORA}))
    assert not trains(made({"kind": "rag", "inner": SHOTS})) and not trains(made(SHOTS))
    assert ways(made({"kind": "rag", "inner": LORA}), LABEL) == ["retrained"]


def test_an_arm_without_an_address_asks_nobody(floors):
    assert not uses_endpoint(floors.bench.project.arms["tfidf"], floors.bench.project)


def test_rehearsed_rows_are_so_many_old_ones_for_each_new_in_the_order_of_the_file():
    rows = rehearsal_rows(LABEL, 4, seed=1)
    ids = [one.id for one in rows]
    assert len(ids) == 3 + 12 and {one.id for one in NEW} <= set(ids)
    assert ids == [one.id for one in AFTER.train if one.id in ids]
    assert rehearsal_rows(LABEL, 4, seed=1) == rows != rehearsal_rows(LABEL, 4, seed=2)
    assert [one.id for one in rehearsal_rows(LABEL, 0, seed=1)] == ["n0", "n1", "n2"]
    assert rehearsal_rows(LABEL, 100, seed=1) == list(AFTER.train)  # there are no more
