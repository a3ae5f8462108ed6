from assay.data.reading.label_flags import gather_flags
from helpers.raw_tables import raw_table

TEXTS = [f"a comment of some words about {what}" for what in ("tea", "rye", "sea", "hay")]


def gathered(*flags, named=(), **more):
    rows = [{"comment": text, **more, **row} for text, row in zip(TEXTS, flags, strict=True)]
    table = raw_table(rows)
    found = gather_flags(table, set(named))
    return None if found is table else [raw.fields for raw in found.rows]


def flag(toxic, rude, threat):
    return {"toxic": toxic, "rude": rude, "threat": threat}


def test_columns_of_yes_and_no_become_the_labels_that_are_yes():
    rows = gathered(flag(1, 0, 0), flag(1, 1, 0), flag(0, 0, 0), flag(-1, -1, -1))
    assert [row.get("labels") for row in rows] == [["toxic"], ["toxic", "rude"], [], None]
    assert set(rows[0]) == {"comment", "labels"}


def test_one_yes_in_every_row_is_its_label():
    rows = gathered(
        *({"topic_sport": at == 0, "topic_music": at == 1, "topic_art": at > 1} for at in range(4))
    )
    assert [row["label"] for row in rows] == ["sport", "music", "art", "art"]


def test_flags_in_an_object_become_labels_too():
    rows = gathered(*({"marks": flag("yes", "no", at % 2)} for at in range(4)))
    assert [row["labels"] for row in rows] == [["toxic"], ["toxic", "threat"]] * 2


def test_properties_beside_a_target_and_flags_that_are_named_stay():
    flags = [flag(at % 2, 0, 1) for at in range(4)]
    assert gathered(*flags, answer="a text") is None
    assert gathered(*flags, named={"toxic"}) is None
    assert gathered(*({"toxic": at % 2, "rude": 0} for at in range(4))) is None  # two
    assert gathered(*({**one, "likes": 7} for one in flags)) is not None
    few = [
        {**raw, "is_reply": 0, "channel": ("web", "app")[at % 2]}
        for at, raw in enumerate([*flags, *flags])
    ]
    table = raw_table([{"comment": text, **row} for text, row in zip(TEXTS * 2, few, strict=True)])
    assert gather_flags(table, set()) is table  # the channel may be what is asked
