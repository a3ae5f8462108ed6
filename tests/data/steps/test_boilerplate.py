from assay.data.steps.boilerplate import Boilerplate
from helpers import unusual


def test_a_signature_goes_and_what_was_said_stays(make, outcome):
    signed = [
        (f"{text}\nThanks\n{unusual.SIGNED}\nTicket 4{at}", label)
        for at, (text, label) in enumerate(unusual.CARDS[:6])
    ]
    rows, dropped, changed = outcome(
        Boilerplate(), make([*signed, (f"\n{unusual.SIGNED}\n", "x"), ("One line.", "x")])
    )
    assert [row.text for row in rows[:6]] == [
        f"{t}\nThanks\nTicket 4{at}" for at, (t, _) in enumerate(unusual.CARDS[:6])
    ]
    assert rows[6].text == "One line."
    assert [drop.reason for drop in dropped] == ["nothing but boilerplate"]
    assert {change.reason for change in changed} == {"boilerplate removed"}
    few = [(f"{text}\n{unusual.SIGNED}", label) for text, label in unusual.CARDS[:4]]
    assert not outcome(Boilerplate(), make(few))[2]


def test_another_date_in_it_is_the_same_line_and_a_short_one_is_none(make, outcome):
    dated = [
        f"{text}\nSent on {at} May 20{at} from the office of Acme Limited\nThanks"
        for at, (text, _) in enumerate(unusual.CARDS[:5], 10)
    ]
    rows, _, _ = outcome(Boilerplate(), make([(text, "x") for text in dated]))
    assert [row.text for row in rows] == [f"{text}\nThanks" for text, _ in unusual.CARDS[:5]]


def test_a_question_asked_many_times_is_no_boilerplate(make, outcome):
    rows, dropped, changed = outcome(Boilerplate(), make([(unusual.SIGNED, "x")] * 8))
    assert len(rows) == 8 and not dropped and not changed


def test_lines_become_no_boilerplate_by_what_was_removed(make, outcome):
    # Eight of sixteen rows of two lines are signed, and seven more have another line, which are
    # fewer than half. Of the eight rows that still have two lines without the signature it is most.
    other = "Please write your answer below this line and not above it."
    texts = [f"question {at}\n{unusual.SIGNED}" for at in "abcdefgh"]
    texts += [f"answer {at}\n{other}" for at in "abcdefg"] + ["one thing\nand another"]
    step = Boilerplate(min_share=0.5)
    once, _, changed = outcome(step, make([(text, "x") for text in texts]))
    assert len(changed) == 15 and once[-1].text == texts[-1]
    assert outcome(step, once) == (once, [], [])
