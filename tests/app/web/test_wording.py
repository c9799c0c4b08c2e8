"""Numbers as people read them."""

import pytest

from app.web import wording


@pytest.mark.parametrize(
    ("duration", "words"),
    [(0.0004, "1 ms"), (0.42, "420 ms"), (3.14, "3.1 s"), (59.6, "60 s"), (300, "5 min")],
)
def test_a_duration_has_the_unit_a_person_would_use(duration: float, words: str) -> None:
    assert wording.seconds(duration) == words


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0 bytes"), (999, "999 bytes"), (17_300, "17.3 KB"), (1e9, "1 GB")]
)
def test_bytes_are_counted_in_thousands(amount: float, words: str) -> None:
    assert wording.size(amount) == words


def test_a_probability_is_never_certain() -> None:
    assert wording.probability(1.0) == "more than 99.9 %"
    assert wording.probability(0.876) == "87.6 %"


def test_a_count_agrees_with_its_noun() -> None:
    assert wording.plural(1, "class", "classes") == "1 class"
    assert wording.plural(1_200, "row") == "1,200 rows"


@pytest.mark.parametrize(
    ("difference", "words"), [(0.0123, "+1.2"), (-0.0123, "\u22121.2"), (0.0, "0.0"), (-0.0001, "0.0")]
)
def test_a_difference_is_in_points_with_its_sign(difference: float, words: str) -> None:
    assert wording.points(difference) == words


def test_a_language_has_its_english_name_or_keeps_its_code() -> None:
    assert wording.language_name("de") == "German"
    assert wording.language_name("xx") == "xx"
    assert wording.language_name(None) == "unknown"


def test_a_tiny_chance_is_only_said_to_be_small() -> None:
    assert wording.chance(0.0371) == "0.037"
    assert wording.chance(1e-9) == "less than 0.0001"


def test_a_name_breaks_between_its_parts_and_stays_escaped() -> None:
    assert wording.breakable("demo_messages.csv") == "demo_<wbr>messages.<wbr>csv"
    assert wording.breakable("<b>_x</b>") == "&lt;b&gt;_<wbr>x&lt;/<wbr>b&gt;"
