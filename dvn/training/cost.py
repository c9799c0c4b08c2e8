"""Seconds that a frozen encoder takes for some texts, from rates measured on one core."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EncoderRate:
    """Seconds for each text, and for each character up to a cap on its length."""

    per_text: float
    per_character: float
    most_characters: int


ENCODER_RATES: Mapping[str, EncoderRate] = {
    "use": EncoderRate(per_text=0.0006, per_character=0.0000105, most_characters=2_000),
    "minilm": EncoderRate(per_text=0.0020, per_character=0.000070, most_characters=500),
}
"""Measured by `bench/embeddings.py` on texts of 100 and of 1,500 characters."""


def encoding_seconds(module: str, texts: Sequence[str]) -> float:
    """Seconds to encode these texts on one core; zero for what is not an encoder."""
    rate = ENCODER_RATES.get(module)
    if rate is None:
        return 0.0
    characters = sum(min(len(text), rate.most_characters) for text in texts)
    return len(texts) * rate.per_text + characters * rate.per_character
