"""The name of an embedding module becomes the one module of this process, loaded at its first use."""

from dvn.embeddings import encoders, table_sources
from dvn.embeddings.catalogue import MODULES
from dvn.embeddings.encoders import SentenceEncoder
from dvn.embeddings.tables import TokenTable
from dvn.errors import EmbeddingError

# Making them costs nothing, since each loads its weights when it is first asked for a vector.
_TABLES = {name: TokenTable(MODULES[name], load) for name, load in table_sources.LOADERS.items()}
_ENCODERS = {name: SentenceEncoder(MODULES[name], load) for name, load in encoders.LOADERS.items()}


class UnknownModuleError(EmbeddingError):
    """There is no embedding module of this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"There is no embedding module {name!r} here; there are {', '.join(known)}.")


def get_module(name: str) -> TokenTable | SentenceEncoder:
    """The module of this name, the same object each time.

    Raises:
        UnknownModuleError: The name is not in `MODULES`.
    """
    if name in _TABLES:
        return _TABLES[name]
    if name in _ENCODERS:
        return _ENCODERS[name]
    raise UnknownModuleError(name, list(MODULES))


def get_table(name: str) -> TokenTable:
    """The token table of this name.

    Raises:
        UnknownModuleError: No table has this name.
    """
    if name not in _TABLES:
        raise UnknownModuleError(name, list(_TABLES))
    return _TABLES[name]


def get_encoder(name: str) -> SentenceEncoder:
    """The frozen encoder of this name.

    Raises:
        UnknownModuleError: No encoder has this name.
    """
    if name not in _ENCODERS:
        raise UnknownModuleError(name, list(_ENCODERS))
    return _ENCODERS[name]
