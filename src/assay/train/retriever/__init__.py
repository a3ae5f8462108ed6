"""Training what finds passages: a sentence encoder, and a reranker that reads question and passage
together."""

from assay.train.retriever.encoder import TunedEncoder
from assay.train.retriever.reranker import CrossEncoder

__all__ = ["CrossEncoder", "TunedEncoder"]
