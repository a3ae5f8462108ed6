"""Training what finds passages: a sentence encoder, and a reranker that reads question and passage
together."""

from assay.training.retriever.encoder import TunedEncoder
from assay.training.retriever.reranker import CrossEncoder

__all__ = ["CrossEncoder", "TunedEncoder"]
