"""What a run finds of an earlier one."""

from assay.core.store import Stage
from assay.runtime.arms.resume import resume_state


def test_a_strategy_goes_from_to_do_to_cached(tmp_path):
    fit, answers = (Stage(tmp_path, name, "key") for name in ("fit", "answers"))
    assert resume_state(fit, answers) == "to do"
    (fit.open() / "checkpoint").write_text("half of it")
    assert resume_state(fit, answers) == "resume"
    fit.finish({})
    assert resume_state(fit, answers) == "fitted"
    answers.open()
    assert resume_state(fit, answers) == "fitted"  # a worker was killed while it answered
    answers.finish({})
    assert resume_state(fit, answers) == "cached"


def test_answers_of_a_fit_that_is_gone_are_not_enough(tmp_path):
    fit, answers = (Stage(tmp_path, name, "key") for name in ("fit", "answers"))
    answers.open()
    answers.finish({})
    assert resume_state(fit, answers) == "to do"


def test_what_is_damaged_counts_as_not_there(tmp_path):
    fit, answers = (Stage(tmp_path, name, "key") for name in ("fit", "answers"))
    for stage in (fit, answers):
        (stage.open() / "weights").write_text("all of it")
        stage.finish({})
    (answers.folder / "weights").write_text("others")
    assert resume_state(fit, answers) == "fitted"
    assert answers.aside.exists()
