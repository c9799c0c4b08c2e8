"""The many spellings of train, validation and test become three names."""

from collections.abc import Mapping

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)

SPELLINGS: Mapping[str, str] = {
    "train": TRAIN,
    "training": TRAIN,
    "trn": TRAIN,
    "validation": VALIDATION,
    "valid": VALIDATION,
    "val": VALIDATION,
    "dev": VALIDATION,
    "devel": VALIDATION,
    "development": VALIDATION,
    "test": TEST,
    "testing": TEST,
    "tst": TEST,
}


def part_named(value: str) -> str | None:
    """The part a cell of a split column names, or None when it names none."""
    return SPELLINGS.get(value.strip().casefold())
