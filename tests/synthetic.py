"""Made-up labelled texts, so that no test needs anyone's data: classes differ by the words they use."""

import csv
import io
import random
from collections.abc import Mapping, Sequence

TOPICS: Mapping[str, Sequence[str]] = {
    "delivery": ("parcel", "courier", "late", "address", "package", "arrived", "shipping"),
    "refund": ("money", "refund", "back", "return", "charged", "twice", "credit"),
    "account": ("password", "login", "email", "profile", "locked", "reset", "account"),
    "praise": ("great", "thank", "helpful", "love", "quick", "friendly", "perfect"),
}
_FILLERS = ("please", "the", "my", "I", "was", "it", "with", "again", "today", "still", "about", "for")


def texts_of(
    rows: int, *, seed: int = 0, topics: Mapping[str, Sequence[str]] = TOPICS
) -> list[tuple[str, str]]:
    """Pairs of text and label; every text is different, every label equally frequent."""
    draw = random.Random(seed)
    pairs = []
    for row in range(rows):
        label = list(topics)[row % len(topics)]
        words = draw.choices(topics[label], k=3) + draw.choices(_FILLERS, k=5)
        draw.shuffle(words)
        pairs.append((f"{' '.join(words)} {row}", label))
    return pairs


def csv_of(pairs: Sequence[Sequence[str]], header: Sequence[str] = ("text", "label")) -> bytes:
    """The rows as a CSV in UTF-8."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(header)
    writer.writerows(pairs)
    return lines.getvalue().encode()
