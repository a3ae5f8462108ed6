"""Text that steers no terminal, and rows of cells as lines."""

from assay.core.plain_text import columns, plain


def test_plain_text():
    assert plain("a\tb\x07\x9bc\nd\u200f") == "a b\ufffd\ufffdc\nd\ufffd"


def test_columns_are_aligned():
    rows = [["arm", "accuracy"], ["majority", "0.1"], ["lora", "0.745"]]
    assert columns(rows) == ["arm       accuracy", "majority       0.1", "lora         0.745"]
    assert columns([]) == []
