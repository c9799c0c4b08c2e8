"""Seconds to turn some texts into the inputs of a child, from rates measured on one core."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

_SAMPLED = 5_000


@dataclass(frozen=True, slots=True)
class InputRate:
    """Seconds for each text, and for each character up to a cap on its length."""

    per_text: float
    per_character: float
    most_characters: int


INPUT_RATES: Mapping[str, InputRate] = {
    "use": InputRate(per_text=0.0001035, per_character=0.000011375, most_characters=1_200),
    "minilm": InputRate(per_text=0.0001723, per_character=0.000051317, most_characters=560),
    "glove": InputRate(per_text=0.0000018, per_character=0.00000011, most_characters=1_500),
    "wordllama": InputRate(per_text=0.0000043, per_character=0.00000031, most_characters=1_200),
    "use_table": InputRate(per_text=0.0000037, per_character=0.000000121, most_characters=1_200),
    "minilm_table": InputRate(per_text=0.000006, per_character=0.000000393, most_characters=1_200),
    "words": InputRate(per_text=0.0000057, per_character=0.00000024, most_characters=2_000),
    "word_pairs": InputRate(per_text=0.0, per_character=0.000000986, most_characters=2_000),
    "characters": InputRate(per_text=0.0000232, per_character=0.000003044, most_characters=2_000),
    "short_characters": InputRate(per_text=0.000004, per_character=0.0000012, most_characters=2_000),
    "pairs_and_characters": InputRate(per_text=0.00003, per_character=0.0000045, most_characters=2_000),
}
"""Measured by `bench/input_rates.py` on public texts of several lengths."""


@dataclass(frozen=True, slots=True)
class TextVolume:
    """How much text there is: the number of texts, and lengths of some of them, evenly taken by rank."""

    texts: int
    lengths: Int[np.ndarray, " sampled"]


def text_volume(texts: Sequence[str]) -> TextVolume:
    """The volume of these texts, whatever their order; lengths are sampled when there are many."""
    return volume_of(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))


def volume_of(lengths: Int[np.ndarray, " texts"]) -> TextVolume:
    """The volume of texts with these lengths."""
    return TextVolume(len(lengths), np.sort(lengths)[:: max(1, len(lengths) // _SAMPLED)])


def input_seconds(name: str, volume: TextVolume) -> float:
    """Seconds to compute one input of all texts on one core; zero for what is not an input."""
    rate = INPUT_RATES.get(name)
    if rate is None or not volume.texts:
        return 0.0
    characters = float(np.minimum(volume.lengths, rate.most_characters).mean())
    return volume.texts * (rate.per_text + characters * rate.per_character)


def encoding_seconds(module: str, texts: Sequence[str]) -> float:
    """Seconds to encode all these texts by a frozen encoder; zero for what is not an encoder."""
    return input_seconds(module, text_volume(texts)) if module in ("use", "minilm") else 0.0
