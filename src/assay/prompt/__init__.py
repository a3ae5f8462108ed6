"""Adapting without training: floors, prompts, retrieval."""

from assay.prompt.majority import Majority
from assay.prompt.neighbours import Neighbours
from assay.prompt.parts import Encoder
from assay.prompt.rag import Rag
from assay.prompt.shots import Shots
from assay.prompt.tfidf import Tfidf

__all__ = ["Encoder", "Majority", "Neighbours", "Rag", "Shots", "Tfidf"]
