"""Adapting without training: floors, prompts, retrieval."""

from assay.prompt.best_sentence import BestSentence
from assay.prompt.centrality import Centrality
from assay.prompt.copied import Copy
from assay.prompt.crf import Crf
from assay.prompt.dictionary import Dictionary
from assay.prompt.extractive import Extractive
from assay.prompt.knn import Knn
from assay.prompt.lead import Lead
from assay.prompt.learning_to_rank import LearningToRank
from assay.prompt.likelihood import Likelihood
from assay.prompt.majority import Majority
from assay.prompt.neighbours import Neighbours
from assay.prompt.ngram import Ngram
from assay.prompt.parts import Encoder
from assay.prompt.probe import Probe
from assay.prompt.question_likelihood import QuestionLikelihood
from assay.prompt.rag import Rag
from assay.prompt.reader import Reader
from assay.prompt.retrieval_aware import RetrievalAware
from assay.prompt.ridge import RidgeRegression
from assay.prompt.router import Router
from assay.prompt.shots import Shots
from assay.prompt.stack import Stack
from assay.prompt.tfidf import Tfidf
from assay.prompt.wording import WordingSearch

__all__ = [
    "BestSentence",
    "Centrality",
    "Copy",
    "Crf",
    "Dictionary",
    "Encoder",
    "Extractive",
    "Knn",
    "Lead",
    "LearningToRank",
    "Likelihood",
    "Majority",
    "Neighbours",
    "Ngram",
    "Probe",
    "QuestionLikelihood",
    "Rag",
    "Reader",
    "RetrievalAware",
    "RidgeRegression",
    "Router",
    "Shots",
    "Stack",
    "Tfidf",
    "WordingSearch",
]
