"""The TensorFlow Hub modules that the paper's children start from, as data.

Source: Kokiopoulou et al. (2019), supplementary material, table 1. All are English; the dataset's size is
printed without a unit, and for two modules the column of handles is blank.
"""

from dataclasses import dataclass

HUB_PREFIX = "https://tfhub.dev/google/"
"""What the table's handles begin with."""


@dataclass(frozen=True, slots=True)
class HubHandle:
    """One row of the table.

    Attributes:
        handle: What `load_hub_module` takes; None where the table prints none.
        language: Of the texts it was trained on.
        dataset_size: How much text it was trained on; None where the table prints a dash.
        dim: Width of a vector.
    """

    handle: str | None
    language: str
    dataset_size: int | None
    dim: int


PAPER_HANDLES = (
    HubHandle(f"{HUB_PREFIX}Wiki-words-250/1", "English", 4_000_000_000, 250),
    HubHandle(f"{HUB_PREFIX}nnlm-en-dim128/1", "English", 200_000_000_000, 128),
    HubHandle(f"{HUB_PREFIX}nnlm-en-dim50/1", "English", 7_000_000_000, 50),
    HubHandle(f"{HUB_PREFIX}universal-sentence-encoder/1", "English", None, 512),
    HubHandle(f"{HUB_PREFIX}universal-sentence-encoder/2", "English", None, 512),
    HubHandle(None, "English", 32_000_000_000, 200),
    HubHandle(None, "English", 32_000_000_000, 200),
)
"""The seven rows, in their printed order."""
