"""Whatever bytes come in, they become a dataset or one sentence; nothing else is ever raised."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import binary, floats, integers, lists, sampled_from, tuples

from dvn.data.choices import Limits
from dvn.data.preview import preview
from dvn.data.read_csv import read_dataset
from dvn.data.read_texts import open_texts
from dvn.errors import DataError
from tests.dvn.data.crafting import (
    CSV,
    JSONL,
    SHEET,
    changed_part,
    good_parquet,
    good_workbook,
    shared_workbook,
    zipped,
)
from tests.dvn.data.crafting_sheets import strict, with_merges

SOUND = {
    "csv": CSV.encode(),
    "jsonl": JSONL.encode(),
    "json": f"[{','.join(JSONL.splitlines())}]".encode(),
    "parquet": good_parquet(),
    "xlsx": good_workbook(),
    "shared xlsx": shared_workbook(),
    "gzip": gzip.compress(CSV.encode()),
    "zip": zipped({"reviews.csv": CSV.encode()}),
}
PARTS = [
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/_rels/workbook.xml.rels",
    "xl/workbook.xml",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
    SHEET,
]
BOOK = strict(with_merges(shared_workbook(), "A2:A4", "B1:C1", "B2:B3"))
LIMITS = Limits(max_bytes=5_000_000, max_rows=10_000)
CHANGES = lists(tuples(floats(0, 1, exclude_max=True), integers(0, 255)), min_size=1, max_size=4)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcomes(path: Path, content: bytes) -> list[str]:
    """What is said by each way to read a file; nothing but a sentence may keep it from being read."""
    path.write_bytes(content)
    said = []
    for read in (read_dataset, preview, lambda path, limits: list(open_texts(path, limits=limits).texts())):
        try:
            read(path, limits=LIMITS)
        except DataError as error:
            said.append(str(error))
    return said


@pytest.mark.parametrize("kind", SOUND)
@MANY
@given(changes=CHANGES)
def test_a_file_with_wrong_bytes_is_read_or_gets_a_sentence(
    kind: str, changes: list[tuple[float, int]], tmp_path: Path
) -> None:
    content = bytearray(SOUND[kind])
    for place, byte in changes:
        content[int(place * len(content))] = byte
    assert all(one.endswith(".") and "\n" not in one for one in outcomes(tmp_path / "upload", bytes(content)))


@pytest.mark.parametrize("part", PARTS)
@MANY
@given(changes=CHANGES)
def test_a_workbook_with_wrong_bytes_in_its_xml_is_read_or_gets_a_sentence(
    part: str, changes: list[tuple[float, int]], tmp_path: Path
) -> None:
    def change(xml: bytes) -> bytes:
        changed = bytearray(xml)
        for place, byte in changes:
            changed[int(place * len(changed))] = byte
        return bytes(changed)

    said = outcomes(tmp_path / "upload", changed_part(BOOK, part, change))
    assert all(one.endswith(".") and "\n" not in one for one in said)


@pytest.mark.parametrize("kind", SOUND)
@MANY
@given(share=floats(0, 1))
def test_a_file_that_is_cut_off_is_read_or_gets_a_sentence(kind: str, share: float, tmp_path: Path) -> None:
    content = SOUND[kind][: int(share * len(SOUND[kind]))]
    assert all(one.endswith(".") and "\n" not in one for one in outcomes(tmp_path / "upload", content))


@MANY
@given(
    start=sampled_from([b"", b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b'{"', b"[", b"a,b\n"]),
    rest=binary(max_size=200),
)
def test_any_bytes_are_read_or_get_a_sentence(start: bytes, rest: bytes, tmp_path: Path) -> None:
    assert all(one.endswith(".") for one in outcomes(tmp_path / "upload", start + rest))
