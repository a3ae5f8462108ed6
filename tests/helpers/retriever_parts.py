"""Small settings of the trained retrievers, and what a fitted one says of the toy search."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from assay.config import make_part

QUICK = {"precision": "fp32", "weight_decay": 0.0, "warmup": 0.0}
ENCODER = {"learning_rate": 5e-3, "batch_size": 12, "epochs": 12, "patience": 12, **QUICK}
CROSS = {
    "learning_rate": 5e-3,
    "batch_size": 6,
    "negatives": 5,
    "epochs": 12,
    "patience": 12,
    **QUICK,
}
PARTS = {"tuned_encoder": ENCODER, "cross_encoder": CROSS}
both = pytest.mark.parametrize("kind", PARTS)


def classifier_of(encoder, place, outputs):
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    config = BertConfig.from_pretrained(encoder, num_labels=outputs)
    BertForSequenceClassification(config).save_pretrained(place)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(place)
    return place


def part_of(kind, **settings):
    return make_part({"kind": kind, **PARTS[kind], **settings}, {})


def said(kept, lesson):
    """What a fitted part says of the lesson's val questions: cosines or scores, (questions,
    passages)."""
    questions, texts = (
        [row.text for row in lesson.val],
        [document.text for document in lesson.documents],
    )
    if isinstance(kept.training, dict) and hasattr(kept, "mix"):
        return np.array(kept.scores(questions, [texts] * len(questions)))
    return kept.vectors(questions, query=True) @ kept.vectors(texts).T


def right(values, lesson):
    """Share of the val questions whose passage is ranked first."""
    ids = [document.id for document in lesson.documents]
    return np.mean(
        [
            ids[row.argmax()] == f"{e.found_in[0]}#1"
            for row, e in zip(values, lesson.val, strict=True)
        ]
    )


def ready(lesson, folder):
    named = {"ready": folder}
    start = lesson.means.encoder_folder
    return replace(
        lesson,
        means=replace(lesson.means, encoder_folder=lambda name: named.get(name) or start(name)),
    )
