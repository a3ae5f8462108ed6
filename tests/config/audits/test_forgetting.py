"""The settings under `evaluate: {forgetting: ...}`."""

import pytest

from assay.config.audits.forgetting import MOST, Forgetting
from assay.config.complaints import SettingsError, fill


def test_one_set_is_short_for_a_list_of_it():
    assert fill(Forgetting, {"sets": "probes/"}).sets == ("probes/",)
    assert fill(Forgetting, {"sets": ["a", "b"]}).sets == ("a", "b")


def test_the_tokens_that_a_model_reads_are_bounded():
    assert fill(Forgetting, {"tokens": MOST}).tokens == MOST
    for tokens in (999, MOST + 1):
        with pytest.raises(SettingsError, match="tokens"):
            fill(Forgetting, {"tokens": tokens})
