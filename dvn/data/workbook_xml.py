"""A part of an XLSX archive becomes its elements, one at a time, or one sentence about what is wrong."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from dvn.errors import DataError

DAMAGED: Final = (
    *(ParseError, ExpatError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, IndexError),
    *(NotImplementedError, ValueError, TypeError, AttributeError, OSError, RuntimeError, OverflowError),
)
"""What reading raises where a workbook is not as it should be."""
_MOST_ELEMENTS: Final = 1_000_000


class DamagedWorkbookError(DataError):
    """A workbook cannot be read."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"The Excel workbook is damaged {where}; open it in a spreadsheet program and save it again as "
            f"XLSX."
        )


class UnsafeWorkbookError(DataError):
    """A workbook's XML defines entities, which no spreadsheet program writes."""

    def __init__(self) -> None:
        super().__init__(
            "The Excel workbook defines XML entities, which no spreadsheet program does; open it in one and "
            "save it again as XLSX."
        )


class LocalNames(dict[str, str]):
    """Names of elements without their namespace, each found once.

    Decision: elements go by their local names alone. Why: Excel's "Strict Open XML" differs from what all
    others write in its namespaces and in its dates, and in nothing else that a table needs; a workbook of a
    namespace that nobody knows is still read. Rejected: a list of the namespaces that are allowed.
    """

    def __missing__(self, tag: str) -> str:
        self[tag] = name = tag.rpartition("}")[2]
        return name


def opened(archive: zipfile.ZipFile, part: str) -> IO[bytes]:
    """A part of the archive, to be read.

    Raises:
        DamagedWorkbookError: It is not there, or packed in an unusual way.
    """
    with explained("in its archive"):
        return archive.open(part)


def elements(file: IO[bytes], name: str, *, within: str) -> Iterator[Element]:
    """The elements of this name in the element `within`, each gone after its turn.

    Raises:
        DamagedWorkbookError: The XML is broken, or one element holds a million others.
        UnsafeWorkbookError: It has a document type.
    """
    names = LocalNames()
    holder: Element | None = None
    held = 0
    with explained("in its XML"):
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            local = names[element.tag]
            if event == "start":
                if local == within:
                    holder = element
                continue
            held += 1
            if held > _MOST_ELEMENTS:
                raise DamagedWorkbookError(f"or has more than {_MOST_ELEMENTS:,} elements in one row")
            if local == within:
                return
            if local == name and holder is not None:
                yield element
                holder.clear()
                held = 0


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Whatever a damaged workbook raises within becomes one sentence that says where it is.

    Raises:
        DamagedWorkbookError: Something was raised.
        UnsafeWorkbookError: It was raised because of a document type.
    """
    try:
        yield
    except DefusedXmlException:
        raise UnsafeWorkbookError from None
    except DAMAGED:
        raise DamagedWorkbookError(where) from None
