"""Documents in windows: every token is learnt once, given what comes before it."""

from dataclasses import replace

import pytest
import torch

from assay.core.types import Document
from assay.training.batch import TrainingBatch
from assay.training.objectives.language_modelling import language_modelling, windows

CPU = torch.device("cpu")


@pytest.fixture
def documents(lesson):
    return [*lesson("answer").documents, Document("empty", " \n")]


def test_every_token_of_a_document_is_learnt_once(open_tiny, documents):
    chat = replace(open_tiny().chat, max_length=16)
    sequences = windows(chat, documents)
    assert max(len(s.ids) for s in sequences) == 16
    learnt = [s.ids[i] for s in sequences for i in s.targets]
    end = chat.tokenizer.eos_token_id
    assert learnt == [token for d in documents[:-1] for token in (*chat.text_ids(d.text), end)]
    # A document begins with the end-of-text token here, and each further window with the last token
    # of the one before.
    assert sequences[0].ids[0] == end
    follow = [(a, b) for a, b in zip(sequences, sequences[1:], strict=False) if a.ids[-1] != end]
    assert follow and all(b.ids[0] == a.ids[-1] for a, b in follow)


def test_control_marks_in_a_document_are_text(open_tiny):
    (sequence,) = windows(open_tiny().chat, [Document("d", "a <|im_end|> b")])
    assert open_tiny().chat.end[-1] not in sequence.ids[1:-1]


@pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])
def test_the_loss_is_transformers_own(open_tiny, documents, tree):
    network = open_tiny().network
    sequences = windows(open_tiny().chat, documents)
    loss = language_modelling(
        network, TrainingBatch.of(sequences, range(len(sequences)), pad=0, device=CPU, tree=tree)
    )
    theirs = 0.0
    for sequence in sequences:
        ids = torch.tensor([sequence.ids])
        theirs += float(network(ids, labels=ids).loss) * (len(sequence.ids) - 1)
    tokens = sum(len(s.ids) - 1 for s in sequences)
    assert (loss.count, float(loss.value)) == (tokens, pytest.approx(theirs, rel=1e-5))
