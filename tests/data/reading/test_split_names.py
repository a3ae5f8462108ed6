import pytest

from assay.data.reading.split_names import SPLIT_NAMES, split_in, split_named


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train-00000-of-00003", "train"),
        ("sentiment_test", "test"),
        ("devset", "val"),
        ("news.valid", "val"),
        ("tickets", ""),
        ("contest", ""),
    ],
)
def test_splits_in_names(name, split):
    assert split_in(name) == split


def test_names_of_splits():
    assert [split_named(name) for name in ("Train", "train_sft", "validation", "contest")] == [
        "train",
        "train",
        "val",
        "",
    ]


def test_every_name_of_a_split_is_one_of_three_and_its_own_file():
    assert set(SPLIT_NAMES.values()) == {"train", "val", "test"}
    assert all(split_in(name) == split_named(name) == SPLIT_NAMES[name] for name in SPLIT_NAMES)
