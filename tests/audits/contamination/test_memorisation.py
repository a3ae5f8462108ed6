import random

import numpy as np
import pytest

from assay.audits.contamination.memorisation import (
    LEAST_WORDS,
    detect_memorisation,
    mann_whitney_share,
    paraphrases,
)

PARTS = (
    ("please", "could you", "i want to", "we need to", "they must", "how do i"),
    ("send", "buy", "stop", "make", "show", "find", "keep", "use"),
    ("the", "a", "my", "every", "one more", "that"),
    ("big", "small", "quick", "wrong", "old", "green", "paper", "lost"),
    ("card", "letter", "phone", "order", "ticket", "account", "parcel", "reader"),
    ("from", "in", "to", "about", "with", "near"),
    ("oslo", "quito", "bonn", "paris", "the shop", "the bank", "my house", "our school"),
    ("today", "on monday", "in may", "at noon", "since june", "again", "very often", "at once"),
)


def rows(n, draw):
    made = {}
    while len(made) < n:
        made[" ".join(draw.choice(part) for part in PARTS)] = None
    return list(made)


def test_paraphrases_are_different_say_the_same_words_nearly_and_depend_on_the_seed_alone():
    text = "I'm still waiting: please help, why is the big card wrong?"
    made = paraphrases(text, 8, seed=1)
    assert len(set(made)) == 8 and text not in made
    assert made == paraphrases(text, 8, seed=1) != paraphrases(text, 8, seed=2)
    words = {
        word
        for one in made
        for word in one.lower().replace(",", " ").replace(":", " ").replace("?", " ").split()
    }
    own = {"i'm", "still", "waiting", "please", "help", "why", "is", "the", "big", "card", "wrong"}
    assert words - own <= {"i", "am", "assist", "how", "come", "large", "incorrect"}
    assert paraphrases("only three words") == [] and LEAST_WORDS == 4
    assert paraphrases("ja ja ja ja") == []  # nothing to change
    assert paraphrases("Wo ist meine neue Karte geblieben")  # another language: the order alone


def test_the_share_is_the_area_under_the_curve():
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(0)
    test, reference = draw.normal(0.5, 1, 80), np.round(draw.normal(0, 1, 120), 1)
    found = mann_whitney_share(test, reference)
    area = roc_auc_score([1] * 80 + [0] * 120, np.concatenate([test, reference]))
    assert found["value"] == pytest.approx(area, abs=1e-4)
    # Hanley and McNeil (1982), equation 1: the standard error of an area; 99 % is 2.576 of it.
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    error = np.sqrt((area * (1 - area) + 79 * (q1 - area**2) + 119 * (q2 - area**2)) / (80 * 120))
    assert (found["high"] - found["low"]) / 2 == pytest.approx(2.576 * error, rel=0.1)


def test_too_few_rows_say_nothing():
    found = detect_memorisation(
        ["too short"] * 5, ["a text of five words"], lambda texts: [(0.0, 0.0)] * len(texts)
    )
    assert found["share"] is None and not found["suspected"]
    assert found["rows"] == {"test": 0, "reference": 1} and found["skipped"] == {
        "test": 5,
        "reference": 0,
    }


@pytest.mark.slow
def test_a_reader_that_knows_the_test_rows_is_found_and_one_that_knows_none_is_not():
    test, reference = rows(60, random.Random(1)), rows(60, random.Random(2))
    known = set(test)

    def read(texts):
        draw = random.Random(0)
        return [(-3.0 + (text in known) + draw.gauss(0, 0.1), -6.0) for text in texts]

    found = detect_memorisation(test, reference, read)
    assert found["suspected"] and found["share"]["value"] > 0.95 and found["rank"]["test"] > 0.95
    assert found["min_k"]["value"] == 0.5
    known.clear()
    assert not detect_memorisation(test, reference, read)["suspected"]


def trained(open_tiny, texts, seed, epochs):
    """The tiny model after reading `texts` so often."""
    import torch

    model = open_tiny()
    torch.manual_seed(seed)
    begin = model.chat.tokenizer.eos_token_id
    ids = [torch.tensor([begin, *model.chat.text_ids(text)]) for text in texts]
    for weight in model.network.parameters():
        weight.requires_grad_(True)
    optimiser = torch.optim.AdamW(model.network.parameters(), lr=3e-3)
    for epoch in range(epochs):
        order = random.Random(epoch + 1000 * seed).sample(range(len(ids)), len(ids))
        for start in range(0, len(order), 16):
            batch = torch.nn.utils.rnn.pad_sequence(
                [ids[i] for i in order[start : start + 16]], True, -100
            )
            hidden = model.body(input_ids=batch.clamp(min=0), use_cache=False).last_hidden_state
            logits = torch.nn.functional.linear(hidden[:, :-1], model.head.weight)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    model.network.requires_grad_(False)
    return model


@pytest.mark.nightly
def test_a_planted_base_is_told_from_a_clean_one(open_tiny, one_thread):
    from assay.audits.contamination.run import reader

    found = {"planted": 0, "clean": 0}
    for seed in range(20):
        made = rows(180, random.Random(seed))
        test, reference, other = made[:60], made[60:120], made[120:]
        for name, known in (("planted", test), ("clean", other)):
            model = trained(open_tiny, known, seed, epochs=12)
            result = detect_memorisation(test, reference, reader(model), seed=seed)
            found[name] += result["suspected"]
    assert found["planted"] >= 19 and found["clean"] <= 1
