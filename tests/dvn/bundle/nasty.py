"""Texts that tokenisers trip over: where the service and `predict.py` might differ, they are compared."""

import random

PIECES = (
    "parcel", "Refund", "BATTERY", "\u0130stanbul \u0131l\u0131k I", "straße", "e\u0301te\u0301", "été",
    "\ufb01nance", "naïve", "don't", "can't've", "it's", "rock 'n' roll", "😀", "👩\u200d👩\u200d👧\u200d👦",
    "🇩🇪",    "فيلم قصة", "كِتَابٌ", "电影 演员", "東京タワー", "ภาพยนตร์", "한국어", "हिन्दी",
    "\u200b", "\u202eabc", "\x00", "\x01", "\x07", "\t", "\r\n", "\u2028", "\xa0", "\u3000",
    "  ", "   \n ", "…", "—", "¿?", "!!!", "$5.00", "1,234.5", "½",
    "x²",    "\ufdfa", "\u017f", "\u2126", "\u03a9", "\ufeff", "\ufffd", "_", "snake_case", "a-b", "http://a.b/c?d=e&f",
    "me@x.org", "#tag", "@you", "<b>", "▁", "[CLS]", "[SEP]", "</s>", "<unk>", "##ing", "A\u030a", "\u212b",
)  # fmt: skip


def nasty_texts(count: int, *, seed: int = 0) -> list[str]:
    """Texts of nasty pieces and plain words; among them empty, very long and very odd ones."""
    draw = random.Random(seed)
    words = ("film", "story", "battery", "screen", "flight", "hotel", "the", "of", "and", "question")
    texts = [
        "",
        " ",
        "\n",
        "\x00",
        "a" * 5_000,
        "word " * 3_000,
        " " * 70_000 + "battery",
        "😀" * 600,
        "ab\n" * 900,
    ]
    texts += [text * 300 for text in ("电影", "e\u0301", "\x01", "don't ")] + ["\ud800 battery", "x\udfff"]
    while len(texts) < count:
        length = draw.choice((1, 2, 3, 5, 8, 20, 60))
        glue = draw.choice((" ", " ", "", "  "))
        texts.append(glue.join(draw.choice((*PIECES, *words, *words, *words)) for _ in range(length)))
    draw.shuffle(texts)
    return texts[:count]
