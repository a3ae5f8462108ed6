from assay.audits.context import Seen
from assay.decision.finished_arm import Arm


def strategy(name, best=None, floor=None):
    return {
        "name": name,
        "versus_best": {"best": best} if best else None,
        "versus_floor": {"floor": floor} if floor else None,
    }


def seen(floors, arms, recommended, strategies):
    report = {"verdict": {"recommended": recommended}, "strategies": strategies}
    asked = []
    made = Seen(*floors, tuple(arms), lambda: asked.append(1) or report)
    return made, asked


ARMS = [
    Arm("lora", "lora"),
    Arm("rag", "rag"),
    Arm("zero-shot", "shots", {"k": 0}),
    Arm("few-shot", "shots", {"k": 4}),
    Arm("majority", "majority"),
    Arm("broken", "full", status="failed"),
]


def test_the_shortlist_is_the_recommended_the_best_the_floor_and_the_plain_base(floors):
    compared = [strategy("lora", floor="majority"), strategy("rag", best="lora"), strategy("x")]
    made, _ = seen(floors, ARMS, "rag", compared)
    assert made.shortlist() == ["rag", "lora", "majority", "zero-shot"]
    # One that is several of these stands once, and a shots arm with examples is no plain base.
    made, _ = seen(floors, [ARMS[0], ARMS[3]], "lora", compared[:1])
    assert made.shortlist() == ["lora", "majority"]
    assert seen(floors, ARMS[-1:], None, [])[0].shortlist() == []


def test_an_arm_that_failed_is_not_complete(floors):
    made, _ = seen(floors, ARMS, None, [])
    assert "broken" not in [arm.name for arm in made.complete_arms]
    assert len(made.complete_arms) == len(ARMS) - 1


def test_the_report_is_weighed_once_however_often_it_is_read(floors):
    made, asked = seen(floors, ARMS, "rag", [])
    assert asked == []
    assert made.report is made.report and asked == [1]


def test_seed_level_and_task_are_the_projects(floors):
    made = Seen(*floors)
    assert (made.seed, made.level) == (3, 0.95)
    assert made.task.labels == ("lend", "meet", "pay")
    assert made.strategy("tfidf").kind == "tfidf"
