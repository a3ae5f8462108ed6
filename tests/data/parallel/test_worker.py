from assay.core.types import Means
from assay.data.parallel.outcomes import decode_line, encode_line, from_json, of_rows
from assay.data.parallel.worker import Hand
from assay.data.steps.length import Length
from assay.data.steps.repair import Repair


def request(rows, steps, key=b""):
    head = {"steps": steps, "seed": 3, "key": key.hex(), "official": False}
    return encode_line({**head, "rows": [row.to_json() for row in rows]})


def test_a_chunk_comes_back_as_the_fates_that_the_steps_give_here(rows_of):
    rows, steps = rows_of(40), [{"kind": "repair"}, {"kind": "length", "max_chars": 60}]
    hand = Hand()
    fates = [from_json(one) for one in decode_line(hand.work(request(rows, steps)))["fates"]]
    assert fates == list(of_rows((Repair(), Length(max_chars=60)), rows, Means(seed=3), False))
    # Other settings are other steps, and the former ones come back as they were.
    assert decode_line(hand.work(request(rows[:5], [{"kind": "length", "max_chars": 1}])))["fates"]
    again = decode_line(hand.work(request(rows, steps)))["fates"]
    assert [from_json(one) for one in again] == fates


def test_what_a_step_raises_comes_back_as_its_problems(make):
    rows = make([("jo@acme.com wrote", "a")])
    # Pseudonyms need a key, and none was sent.
    answer = decode_line(Hand().work(request(rows, [{"kind": "anonymise", "names": "none"}])))
    assert answer["error"]["kind"] == "DataError"
    assert [code for code, *_ in answer["error"]["problems"]] == ["D070"]
    sent = request(rows, [{"kind": "anonymise", "names": "none"}], key=b"k" * 32)
    (fate,) = decode_line(Hand().work(sent))["fates"]
    assert "acme" not in from_json(fate).row.text
