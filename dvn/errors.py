"""Every error the science raises, as one tree.

DvnError
├── DataError               a file or a table cannot be used as it is          (dvn/data)
├── EmbeddingError          an embedding module's weights are missing or wrong (dvn/embeddings)
├── ArchitectureError       a description is not an allowed architecture       (dvn/architecture)
├── TrainingError           a run stopped: cancelled, diverged, out of budget  (dvn/training)
└── CheckpointError         a stored value network cannot be used              (dvn/value_network)

Leaves live beside the code that raises them. An error takes facts and writes one
sentence: what happened, the value met, what would work.
"""


class DvnError(Exception):
    """The root of every error of the science; its text is one sentence a user may read."""


class DataError(DvnError):
    """A file or a table cannot be used as it is."""


class EmbeddingError(DvnError):
    """An embedding module's weights are missing or are not the ones expected."""


class ArchitectureError(DvnError):
    """A description is not an allowed architecture of its space."""


class TrainingError(DvnError):
    """A run stopped before its end: cancelled, diverged or out of budget."""


class CheckpointError(DvnError):
    """A stored value network cannot be used."""
