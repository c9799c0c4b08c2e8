"""What is found about single texts, and their languages."""

from dataclasses import replace

import pytest

from dvn.data.dataset import Dataset
from dvn.health import Fix, Kind, examine
from dvn.health.letters import clean_markup, repair_letters
from dvn.health.reading import Reading
from tests.dvn.health.unhealthy import found, healthy, healthy_texts

GERMAN = "Der Zug nach München hatte gestern wieder einmal fast eine Stunde Verspätung"
ENGLISH = "The train to the city was almost an hour late again and nobody told us the reason"


@pytest.mark.parametrize("text", ["!!!", "https://a.example/b?c=1", "@ann @bob", "?! www.a.example ..."])
def test_a_text_without_a_word_is_blank(text: str) -> None:
    assert Reading(Dataset((text, "word"), ("a", "b"))).blank.tolist() == [True, False]


@pytest.mark.parametrize("text", ["😀😀", "x", "12", "看", "see https://a.example"])
def test_a_picture_a_number_and_a_character_say_something(text: str) -> None:
    assert not Reading(Dataset((text, "word"), ("a", "b"))).blank.any()


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("cafÃ©", "café"),
        ("itâ€™s", "it\u2019s"),
        ("naÃ¯ve Ã¼ber", "naïve über"),
        ("10 \u00e2\u201a\u00ac", "10 €"),
        ("it\x92s \x96 fine", "it\u2019s \u2013 fine"),
    ],
)
def test_broken_letters_are_repaired(broken: str, whole: str) -> None:
    assert repair_letters(broken) == whole


@pytest.mark.parametrize(
    "text", ["café", "São Paulo, às 9", "Ära", "naïve", "Ångström", "plain", "日本語", "50 £"]
)
def test_whole_letters_stay_as_they_are(text: str) -> None:
    assert repair_letters(text) == text


@pytest.mark.parametrize("word", ["é", "ß", "“quoted”", "naïve \u2013 café", "日本", "😀", "ж"])
def test_what_is_misread_and_repaired_is_what_it_was(word: str) -> None:
    assert repair_letters(word.encode().decode("latin-1")) == word


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("one<br /><br />two", "one two"),
        ("fish &amp; chips", "fish & chips"),
        ('<a href="x">here</a> now', "here now"),
        ("&lt;3 you", "<3 you"),
    ],
)
def test_markup_is_cleaned(marked: str, plain: str) -> None:
    assert clean_markup(marked) == plain


@pytest.mark.parametrize("text", ["a < b and c > d", "<3", "AT&T; fine", "x <y> z", "R&D"])
def test_signs_that_are_no_markup_stay(text: str) -> None:
    assert clean_markup(text) == text


def test_a_mended_text_offers_its_fix_with_the_rows_it_changes() -> None:
    texts = (*healthy_texts(100), "cafÃ© noir", "one <br> two", "...")
    report = examine(replace(healthy(103), texts=texts))
    offers = {offer.fix: offer.rows for finding in report.findings for offer in finding.offers}
    assert offers == {Fix.repair_letters: 1, Fix.clean_markup: 1, Fix.drop_blank: 1}


def test_lost_letters_are_found_though_nothing_brings_them_back() -> None:
    finding = found(
        examine(replace(healthy(101), texts=(*healthy_texts(100), "lost \ufffd"))), Kind.broken_letters
    )
    assert finding is not None
    assert finding.offers == ()
    assert [example.row for example in finding.examples] == [101]


def test_texts_longer_than_an_encoder_reads_are_found() -> None:
    texts = (*healthy_texts(90), *healthy_texts(10, seed=9, words=300))
    finding = found(examine(replace(healthy(100), texts=texts)), Kind.long_texts)
    assert finding is not None
    assert finding.rows == 10


def test_a_second_language_is_found_with_its_share() -> None:
    texts = tuple(f"{GERMAN if row % 4 == 0 else ENGLISH} {row}" for row in range(200))
    report = examine(Dataset(texts, tuple("ab"[row % 2] for row in range(200))))
    finding = found(report, Kind.languages)
    assert finding is not None
    assert finding.items == (("en", "150 of 200"), ("de", "50 of 200"))
    assert finding.share == 0.25


def test_one_language_is_no_finding() -> None:
    texts = tuple(f"{ENGLISH} {row}" for row in range(200))
    report = examine(Dataset(texts, tuple("ab"[row % 2] for row in range(200))))
    assert report.languages.counts == (("en", 200),)
    assert found(report, Kind.languages) is None
