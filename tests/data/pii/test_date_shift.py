from datetime import timedelta

import pytest

from assay.data.pii.date_shift import shift_date

MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        # 30 days before 14 March 1970 is 12 February: February had 28 days.
        ("1970-03-14", "1970-02-12"),
        ("14.03.1970", "12.02.1970"),
        ("3/14/1970", "2/12/1970"),
        ("14/3/70", "12/2/70"),
        ("14 March 1970", "12 February 1970"),
        ("March 14th, 1970", "February 12, 1970"),
        ("MAR 14, 1970", "FEB 12, 1970"),
        ("14. März 1970", "12. Februar 1970"),
        ("14 de marzo de 1970", "12 de febrero de 1970"),
        ("14 mars 1970", "12 février 1970"),
        # Names that begin as those of another language do.
        ("14. Januar 1970", "15. Dezember 1969"),
        ("14. April 1970", "15. März 1970"),
        ("14 septembre 1970", "15 août 1970"),
        ("14 mai 1970", "14 avril 1970"),
        ("1er mai 1970", "1 avril 1970"),
        ("14 de septiembre de 1970", "15 de agosto de 1970"),
    ],
)
def test_a_date_moves_back_in_the_form_and_language_in_which_it_was_written(written, moved):
    assert shift_date(written, MONTH) == moved


@pytest.mark.parametrize("written", ["1970-03-14", "14.3.1970", "14. April 1970", "14 mai 1970"])
def test_there_and_back_again(written):
    moved = shift_date(written, timedelta(days=200))
    assert moved != written and shift_date(moved, timedelta(days=-200)) == written


@pytest.mark.parametrize("written", ["31.02.1970", "13/13/1970", "soon", "0001-01-05", "14 foo 99"])
def test_what_is_no_date_moves_nowhere(written):
    assert shift_date(written, MONTH) is None
