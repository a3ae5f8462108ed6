"""Adapting without training: floors, prompts, retrieval."""

from assay.prompt.copied import Copy
from assay.prompt.crf import Crf
from assay.prompt.dictionary import Dictionary
from assay.prompt.knn import Knn
from assay.prompt.lead import Lead
from assay.prompt.majority import Majority
from assay.prompt.neighbours import Neighbours
from assay.prompt.ngram import Ngram
from assay.prompt.parts import Encoder
from assay.prompt.probe import Probe
from assay.prompt.question_likelihood import QuestionLikelihood
from assay.prompt.rag import Rag
from assay.prompt.retrieval_aware import RetrievalAware
from assay.prompt.router import Router
from assay.prompt.shots import Shots
from assay.prompt.stack import Stack
from assay.prompt.tfidf import Tfidf
from assay.prompt.wording import WordingSearch

__all__ = [
    "Copy",
    "Crf",
    "Dictionary",
    "Encoder",
    "Knn",
    "Lead",
    "Majority",
    "Neighbours",
    "Ngram",
    "Probe",
    "QuestionLikelihood",
    "Rag",
    "RetrievalAware",
    "Router",
    "Shots",
    "Stack",
    "Tfidf",
    "WordingSearch",
]
