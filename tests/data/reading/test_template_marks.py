import pytest

from assay.core.types import Document, Example, Message
from assay.data.reading.template_marks import look


def row(text="plain", **more):
    return Example("r", (Message("user", text),), source="a.csv:2", **more)


@pytest.mark.parametrize(
    "mark",
    ["<|im_start|>", "<|endoftext|>", "<start_of_turn>", "[INST]", "[/INST]", "<<SYS>>", "</s>",
     "<bos>"],
)  # fmt: skip
def test_a_mark_of_a_chat_template_is_told_with_its_first_row(mark):
    for example in (
        row(f"a {mark} b"),
        row(target=mark),
        row(rejected=mark),
        row(context=(Document("d", mark),)),
    ):
        (warning,), notes = look([row(), example])
        assert (warning["code"], warning["count"], notes) == ("D047", 1, [])
        assert f"'{mark}'" in warning["text"] and "a.csv:2" in warning["text"]


@pytest.mark.parametrize("text", ["a\u200bb", "ab\u00ad", "\u202egnp.exe", "\ufeffa", "\u2066a"])
def test_a_character_that_nobody_sees_is_told(text):
    warnings, (note,) = look([row(), row(text), row(text)])
    assert warnings == [] and note.startswith("D082 2 rows")


@pytest.mark.parametrize(
    "text",
    ["if a < b > c", "List<String>", "[INSTALL]", "a | b", "\u2764\u200d\U0001f525",  # an emoji
     "نمی\u200cخواهم"],  # Persian joins letters with it
)  # fmt: skip
def test_what_belongs_to_a_text_is_not_counted(text):
    assert look([row(text)]) == ([], [])
