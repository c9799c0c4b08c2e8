"""Several columns of texts are one, in the order in which they were asked for."""

from pathlib import Path

import pytest

from dvn.data.choices import ReadChoices
from dvn.data.columns import SameColumnError, UnknownColumnError
from dvn.data.preview import preview
from dvn.data.read_csv import read_dataset
from dvn.data.read_texts import open_texts

ROWS = "".join(f"title {n},{'' if n == 3 else f'a rather long body {n}'},l{n % 2}\n" for n in range(20))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("title,body,label\n" + ROWS)
    return path


def test_columns_are_joined_in_the_order_given_by_a_blank_line(path: Path) -> None:
    dataset = read_dataset(path, choices=ReadChoices(text=("title", "body")))
    assert dataset.text_column == "title + body"
    assert dataset.texts[2:4] == ("title 2\n\na rather long body 2", "title 3")
    turned = read_dataset(path, choices=ReadChoices(text=("body", "title")))
    assert turned.text_column == "body + title"
    assert turned.texts[2] == "a rather long body 2\n\ntitle 2"


def test_one_column_alone_is_read_as_ever(path: Path) -> None:
    one, several = (read_dataset(path, choices=ReadChoices(text=text)) for text in ("body", ("body",)))
    assert one.content_hash == several.content_hash == read_dataset(path).content_hash
    assert one.left_out.empty_texts == 1


def test_joined_names_ask_for_the_columns_unless_one_is_called_so(path: Path) -> None:
    joined = read_dataset(path, choices=ReadChoices(text=("title", "body")))
    assert read_dataset(path, choices=ReadChoices(text="title + body")) == joined
    path.write_text("title,title + body,label\n" + ROWS)
    assert read_dataset(path, choices=ReadChoices(text="title + body")).texts[0] == "a rather long body 0"


def test_new_texts_are_joined_as_those_learned_from(path: Path) -> None:
    texts = open_texts(path, preferred="title + body")
    assert texts.column == "title + body"
    assert next(texts.texts()) == "title 0\n\na rather long body 0"
    assert "that the classifier learned from" in texts.sentences()[0]
    path.write_text("body,label\n" + "".join(row.partition(",")[2] + "\n" for row in ROWS.splitlines()))
    assert next(open_texts(path, preferred="title + body").texts()) == "a rather long body 0"


def test_a_joined_column_that_is_missing_or_the_label_is_said(path: Path) -> None:
    with pytest.raises(UnknownColumnError, match="no column 'head' to take the text from"):
        read_dataset(path, choices=ReadChoices(text=("title", "head")))
    with pytest.raises(SameColumnError, match="'label' cannot be both text and label"):
        read_dataset(path, choices=ReadChoices(text=("title", "label"), label="label"))


def test_a_preview_offers_other_columns_with_reasons_beside_the_chosen(path: Path) -> None:
    guessed = preview(path)
    assert guessed.texts == ("body",)
    assert [guess.column for guess in guessed.candidates.text] == ["body", "title"]
    chosen = preview(path, choices=ReadChoices(text=("title", "body")))
    assert chosen.texts == ("title", "body")
    assert chosen.problem is None


def test_choices_that_contradict_each_other_leave_those_that_may_stand(path: Path) -> None:
    shown = preview(path, choices=ReadChoices(text="label", label="label"))
    assert shown.problem == "The column 'label' cannot be both text and label; choose two columns."
    assert (shown.texts, shown.label and shown.label.column) == (("body",), "label")
