import re

from assay.data.pii.kinds import KINDS, OPTIONAL


def test_a_kind_is_a_word_that_a_mask_can_hold():
    assert set(OPTIONAL) < set(KINDS)
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", kind) for kind in KINDS)
