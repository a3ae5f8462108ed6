"""Words for what failed, and the lesson of a trial."""

from dataclasses import replace

from assay.core.errors import Problem, TrainError
from assay.strategies.search.trials import no_trial_error, trial_lesson


def test_what_fails_whatever_the_settings_are_says_so_itself():
    same = [TrainError(Problem("T001", "diverged")), TrainError(Problem("T001", "again"))]
    assert no_trial_error((), same) is same[0]
    other = no_trial_error((), [*same, TrainError(Problem("T002", "no rows"))])
    assert [one.code for one in other.problems] == ["T105"]


def test_a_trial_has_a_folder_of_its_own(lesson, tmp_path):
    whole = lesson("classify")
    given = replace(whole, means=replace(whole.means, workdir=tmp_path))
    heard = []
    own = trial_lesson(given, 3, heard.append)
    own.tell({"event": "note"})
    assert own.workdir == tmp_path / "trial-3" and own.workdir.is_dir() and heard
