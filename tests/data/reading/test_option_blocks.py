import pytest

from assay.data.reading.option_blocks import looks_optional
from assay.data.reading.read_file import read

FORMS = {
    "after": "What is it?\nA. a dog\nB. a cat\nANSWER: B\n\n",
    "before": "b\nWhat is it?\nA.a dog\nB.a cat\n\n",
    "numbered": "7. What is it?\n(a) a dog\n(b) a cat\nAnswer: (b)\n",
    "starred": "What is it?\na) a dog\n*b) a cat\n\n",
    "slipped": "b\nWhat is it?\nIt is A. a dog\nB.a cat\n\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_questions_with_options_in_lines(tmp_path, form):
    (tmp_path / "test.txt").write_text(FORMS[form] * 5)
    row = read(tmp_path / "test.txt").rows[0].fields
    assert (row["question"], row["answer"], len(row["choices"])) == ("What is it?", "B", 2)


def test_lists_in_a_text_are_no_options():
    assert not looks_optional("Some text.\nA. first\nB. second\n\nMore text follows here.\n" * 5)
