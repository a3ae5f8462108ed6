"""Every contestant, one file each. `catalogue` lists them in the order in which `assay list` shows
them."""

from assay.retrieval.encoders import EncoderPart
from assay.strategies.baselines.best_sentence import BestSentence
from assay.strategies.baselines.centrality import Centrality
from assay.strategies.baselines.copy import Copy
from assay.strategies.baselines.crf import Crf
from assay.strategies.baselines.dictionary import Dictionary
from assay.strategies.baselines.edit_script import EditScript
from assay.strategies.baselines.existing import Existing
from assay.strategies.baselines.extractive import Extractive
from assay.strategies.baselines.lead import Lead
from assay.strategies.baselines.learning_to_rank import LearningToRank
from assay.strategies.baselines.length import Length
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.neighbours import Neighbours
from assay.strategies.baselines.ngram import Ngram
from assay.strategies.baselines.probe import Probe
from assay.strategies.baselines.reader import Reader
from assay.strategies.baselines.ridge import RidgeRegression
from assay.strategies.baselines.similarity import Similarity
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.compression.distil import Distil
from assay.strategies.compression.prune import Prune
from assay.strategies.compression.quantise import Quantise
from assay.strategies.encoders.encoder import EncoderHead
from assay.strategies.encoders.setfit import SetFit
from assay.strategies.mixes.blend import Blend
from assay.strategies.mixes.knn import Knn
from assay.strategies.mixes.router import Router
from assay.strategies.mixes.stack import Stack
from assay.strategies.mixes.task_router import TaskRouter
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.prompting.likelihood import Likelihood
from assay.strategies.prompting.prompt_search import WordingSearch
from assay.strategies.retrieval.question_likelihood import QuestionLikelihood
from assay.strategies.retrieval.rag import Rag
from assay.strategies.retrieval.retrieval_aware import RetrievalAware
from assay.strategies.search.hyperparameter_search import HyperparameterSearch
from assay.strategies.training.adalora import Adalora
from assay.strategies.training.adapters import Adapters
from assay.strategies.training.continued_pretraining import ContinuedPretraining
from assay.strategies.training.full import Full
from assay.strategies.training.head import Head
from assay.strategies.training.ia3 import Ia3
from assay.strategies.training.lora import Lora
from assay.strategies.training.miss import Miss
from assay.strategies.training.p_tuning import PTuning
from assay.strategies.training.preference import Preference
from assay.strategies.training.prefix import Prefix
from assay.strategies.training.prompt_tuning import PromptTuning
from assay.strategies.training.reward import Reward
from assay.strategies.training.tagger import Tagger
from assay.strategies.training.token_head import TokenHead
from assay.training.retriever import CrossEncoder, TunedEncoder

__all__ = [
    "Adalora",
    "Adapters",
    "BestSentence",
    "Blend",
    "Centrality",
    "ContinuedPretraining",
    "Copy",
    "Crf",
    "CrossEncoder",
    "Dictionary",
    "Distil",
    "EditScript",
    "EncoderHead",
    "EncoderPart",
    "Existing",
    "Extractive",
    "Full",
    "Head",
    "HyperparameterSearch",
    "Ia3",
    "Knn",
    "Lead",
    "LearningToRank",
    "Length",
    "Likelihood",
    "Lora",
    "Majority",
    "Miss",
    "Neighbours",
    "Ngram",
    "PTuning",
    "Preference",
    "Prefix",
    "Probe",
    "PromptTuning",
    "Prune",
    "Quantise",
    "QuestionLikelihood",
    "Rag",
    "Reader",
    "RetrievalAware",
    "Reward",
    "RidgeRegression",
    "Router",
    "SetFit",
    "Shots",
    "Similarity",
    "Stack",
    "Tagger",
    "TaskRouter",
    "Tfidf",
    "TokenHead",
    "TunedEncoder",
    "WordingSearch",
]
