import hashlib
import random

from assay.core.sampling import hash_rank, random_stream


def test_what_was_drawn_by_a_recipe_written_out_is_drawn_again():
    for text in ("one", "Grüße\tan alle", ""):
        told = f"7\trobustness\t{text}"
        assert hash_rank(7, "robustness", text) == hashlib.sha256(told.encode()).hexdigest()
        assert random_stream(7, text).random() == random.Random(f"7\t{text}").random()
    told = "7\0one\0None"
    assert hash_rank(7, "one", None, sep="\0") == hashlib.sha256(told.encode()).hexdigest()
    assert random_stream(7, 3, "order", sep="-").random() == random.Random("7-3-order").random()
    assert hash_rank(0, "fact", "a").startswith("b0385f30")


def test_half_a_character_is_no_reason_to_stop():
    assert hash_rank(0, "\ud800") != hash_rank(0, "\ud801")
