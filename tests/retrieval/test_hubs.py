from assay.retrieval.hubs import hubs


def test_a_passage_that_every_question_finds_is_listed():
    found = [["evil#1", f"doc-{i}#1", f"doc-{i + 1}#1"] for i in range(60)]
    assert hubs(found) == [("evil#1", 60)]


def test_questions_on_one_subject_are_no_hub():
    # 20 times the median is not more than 20 times
    assert hubs([["leave#1", f"doc-{i}#1"] for i in range(20)]) == []
    assert hubs([["leave#1", f"doc-{i}#1"] for i in range(21)]) == [("leave#1", 21)]
    assert hubs([]) == [] and hubs([[], []]) == []


def test_the_most_frequent_comes_first():
    found = [["b", "a", f"x{i}"] for i in range(50)] + [["b", f"y{i}"] for i in range(50)]
    assert hubs(found) == [("b", 100), ("a", 50)]
