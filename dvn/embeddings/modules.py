"""The name of an embedding module becomes the one loaded module of this process."""

from functools import cache

from dvn.embeddings import encoders, table_sources
from dvn.embeddings.catalogue import MODULES
from dvn.embeddings.encoders import SentenceEncoder
from dvn.embeddings.tables import TokenTable
from dvn.errors import EmbeddingError


class UnknownModuleError(EmbeddingError):
    """There is no embedding module of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no embedding module {name!r}; there are {', '.join(MODULES)}.")


def get_module(name: str) -> TokenTable | SentenceEncoder:
    """The module of this name; its weights are loaded and verified at first use.

    Raises:
        UnknownModuleError: The name is not in `MODULES`.
    """
    if name not in MODULES:
        raise UnknownModuleError(name)
    return get_table(name) if MODULES[name].kind == "table" else get_encoder(name)


@cache
def get_table(name: str) -> TokenTable:
    """The token table of this name."""
    if name not in table_sources.LOADERS:
        raise UnknownModuleError(name)
    return TokenTable(MODULES[name], table_sources.LOADERS[name])


@cache
def get_encoder(name: str) -> SentenceEncoder:
    """The frozen encoder of this name."""
    if name not in encoders.LOADERS:
        raise UnknownModuleError(name)
    return SentenceEncoder(MODULES[name], encoders.LOADERS[name])
