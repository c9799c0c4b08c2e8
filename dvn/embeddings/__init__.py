"""Texts become vectors: four trainable token tables and two frozen encoders, none needs a network."""

from dvn.embeddings.cache import VectorCache
from dvn.embeddings.catalogue import MODULES, ModuleFacts
from dvn.embeddings.encoders import SentenceEncoder
from dvn.embeddings.modules import UnknownModuleError, get_encoder, get_module, get_table
from dvn.embeddings.tables import TokenTable
from dvn.embeddings.weights import MissingWeightsError, WrongWeightsError

__all__ = [
    "MODULES",
    "MissingWeightsError",
    "ModuleFacts",
    "SentenceEncoder",
    "TokenTable",
    "UnknownModuleError",
    "VectorCache",
    "WrongWeightsError",
    "get_encoder",
    "get_module",
    "get_table",
]
