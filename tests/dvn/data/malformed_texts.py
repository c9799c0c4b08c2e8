"""Delimited and other plain files, each broken in one way, with a part of what must be said."""

from tests.dvn.data.crafting import (
    CSV,
    Malformed,
)

TEXTS = [
    Malformed("empty.csv", "0 bytes", lambda: b"", "The file is empty (0 bytes)"),
    Malformed(
        "wide.csv",
        "a row has a field too many",
        lambda: (CSV + "secret,a,b\n").encode(),
        "Row 21 (line 22) has 3 fields, expected 2; put texts that hold a comma in double quotes",
    ),
    Malformed(
        "short.csv",
        "a row in the middle has a field too few",
        lambda: (CSV + "secret\n" + "x,good\n").encode(),
        "Row 21 (line 22) has 1 field, expected 2; a comma or a quote is missing",
    ),
    Malformed(
        "quote.csv",
        "a quote is never closed",
        lambda: (CSV + '"secret,good\n').encode(),
        "Row 21 (line 22) opens a quote in column 'text' that is never closed",
    ),
    Malformed(
        "quoted.csv",
        "a quote ends before its field",
        lambda: (CSV + '"secret" x,good\n').encode(),
        "Row 21 (line 22) closes a quote before the field ends in column 'text'",
    ),
    Malformed(
        "nul.csv", "a NUL byte", lambda: (CSV + "a\0b,good\n").encode(), "Row 21 (line 22) holds a NUL byte"
    ),
    Malformed(
        "accents.csv",
        "not UTF-8",
        lambda: (CSV + "d\u00e9j\u00e0 vu,good\n").encode("latin-1"),
        "The file is not UTF-8: the byte 0xE9 at row 21, line 22",
    ),
    Malformed(
        "damaged.csv",
        "UTF-8 with a bad byte",
        lambda: (CSV + "Gr\u00fc\u00dfe \u2013 sch\u00f6n,good\n" * 9).encode() + b"a\xe9b,good\n",
        "The file is damaged UTF-8: the byte 0xE9 at row 30, line 31",
    ),
    Malformed(
        "one.csv", "one column", lambda: b"text\nsecret one\nsecret two\n", "The file has one column, 'text'"
    ),
    Malformed(
        "class.csv",
        "one class",
        lambda: b"text,label\nsecret,a\nsecret b,a\n",
        "The label column 'label' has one class only, 'a', in all 2 rows",
    ),
    Malformed(
        "unlabelled.csv",
        "hardly a label repeats",
        lambda: ("text,label\n" + "".join(f"secret {n},l{n % 45}\n" for n in range(50))).encode(),
        "The column 'label' has 45 different values in 50 rows, so it is no label",
    ),
    Malformed(
        "twins.csv",
        "two columns of one name",
        lambda: b"text,label,text\n" + b"a,b,c\n" * 5,
        "Two columns have the name 'text' (columns 1 and 3)",
    ),
    Malformed(
        "page.html", "a web page", lambda: b"<!DOCTYPE html><html><table>", "This is a web page (HTML)"
    ),
    Malformed("feed.xml", "an XML file", lambda: b'<?xml version="1.0"?><a/>', "This is an XML file"),
    Malformed("paper.pdf", "a PDF file", lambda: b"%PDF-1.7\n", "This is a PDF file"),
    Malformed(
        "noise.bin", "random bytes", lambda: bytes(range(256)) * 50, "This is a binary file of unknown kind"
    ),
]
