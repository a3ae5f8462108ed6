"""Names that people note for documents, and the ids that the documents have."""

from assay.curate.found import noted
from assay.nouns import Document, Example, Message

DOCUMENTS = [Document(id, "text") for id in ("docs/north/hours.md", "docs/south/hours.md", "docs/fees.md")]


def rows(*names):
    return {"train": [Example("r", (Message("user", "?"),), "t", found_in=names, source="train.jsonl:1")], "test": []}


def test_an_id_the_end_of_a_path_and_a_name_without_ending_lead_to_the_document():
    for name in ("docs/fees.md", "fees.md", "fees", "docs/fees"):
        found, warnings = noted(rows(name), DOCUMENTS)
        assert (found["train"][0].found_in, warnings) == (("docs/fees.md",), [])
    found, _ = noted(rows("north/hours.md", "fees"), DOCUMENTS)
    assert found["train"][0].found_in == ("docs/north/hours.md", "docs/fees.md")


def test_a_name_of_none_or_of_several_is_left_out_and_said():
    found, (warning,) = noted(rows("hours.md", "fees.md", "parking.md"), DOCUMENTS)
    assert found["train"][0].found_in == ("docs/fees.md",)
    assert (warning["code"], warning["count"]) == ("D066", 2) and "'hours.md' in train.jsonl:1" in warning["text"]
