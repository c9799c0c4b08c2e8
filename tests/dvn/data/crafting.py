"""Small files of every kind, sound or broken in one place, as tests need them."""

import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dvn.data.choices import DEFAULT_LIMITS, Limits

ROWS = [(f"a made-up remark, number {n}", "good" if n % 2 else "bad") for n in range(20)]
CSV = "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS)
OBJECTS = [{"text": text, "label": label} for text, label in ROWS]
JSONL = "".join(json.dumps(one) + "\n" for one in OBJECTS)
SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class Malformed:
    """A file, what is wrong with it, and a part of what is said."""

    name: str
    fault: str
    make: Callable[[], bytes]
    said: str
    choices: dict[str, Any] = field(default_factory=dict)
    limits: Limits = DEFAULT_LIMITS


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def locked(content: bytes) -> bytes:
    """An archive whose files are marked as encrypted, in both places."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + at
        content = content[:place] + struct.pack("<H", 1) + content[place + 2 :]
    return content


def tar_of(content: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        member = tarfile.TarInfo("reviews.csv")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return held.getvalue()


def workbook(sheets: dict[str, list[list[Any]]], *, hidden: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def good_workbook() -> bytes:
    return workbook({"Reviews": [["text", "label"], *map(list, ROWS)]})


def changed_part(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one part of its archive changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped(
            {n: change(archive.read(n)) if n == part else archive.read(n) for n in archive.namelist()}
        )


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held, **options)
    return held.getvalue()


def shared_workbook() -> bytes:
    """A workbook as Excel writes it: cells refer to texts by their number."""
    numbers = {
        text: at
        for at, text in enumerate(dict.fromkeys(cell for row in [("text", "label"), *ROWS] for cell in row))
    }
    texts = "".join(
        f"<si><r><t>{text[:1]}</t></r><r><t>{text[1:]}</t></r><rPh><t>hint</t></rPh></si>" for text in numbers
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rows = "".join(
        f'<row><c t="s"><v>{numbers[text]}</v></c><c t="s"><v>{numbers[label]}</v></c></row>'
        for text, label in [("text", "label"), *ROWS]
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    with zipfile.ZipFile(io.BytesIO(good_workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[SHEET] = f"<worksheet {space}><sheetData>{rows}</sheetData></worksheet>".encode()
    parts["xl/sharedStrings.xml"] = f"<sst {space}>{texts}</sst>".encode()
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override)
    return zipped(parts)


def good_parquet() -> bytes:
    return parquet({"text": [text for text, _ in ROWS], "label": [label for _, label in ROWS]})


def repeated_text() -> bytes:
    """A text of a megabyte that is stored once and meant three thousand times."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000, pa.int32()), pa.array(["x" * 999_999]))
    return parquet({"text": texts, "label": ["a", "b"] * 1_500})


def with_entities(content: bytes) -> bytes:
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    return content.replace(b"<worksheet", entity + b"<worksheet", 1)


def lines_with(number: int, line: str) -> bytes:
    lines = JSONL.splitlines()
    return ("\n".join([*lines[: number - 1], line, *lines[number - 1 :]]) + "\n").encode()


def huge_directory() -> bytes:
    """An archive whose end says that its list of files is 3 GB long."""
    good = zipped({"a.csv": CSV.encode()})
    at = good.rindex(b"PK\x05\x06")
    return good[: at + 12] + struct.pack("<I", 3_000_000_000) + good[at + 16 :]


def lying_zip() -> bytes:
    """An archive whose directory says that its 200 MB of zeros are 300 bytes."""
    content = zipped({"a.csv": b"text,label\n" + b"0" * 2_000_000})
    at = content.rindex(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", 300) + content[at + 4 :]


SMALL = Limits(max_bytes=1_000_000)
