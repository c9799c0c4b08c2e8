"""Packed files, each broken in one way, with a part of what must be said."""

import gzip

from tests.dvn.data.crafting import (
    CSV,
    SMALL,
    Malformed,
    huge_directory,
    locked,
    lying_zip,
    tar_of,
    zipped,
)

PACKED = [
    Malformed(
        "bomb.csv.gz",
        "200 MB of one row in less than a megabyte",
        lambda: gzip.compress(b"text,label\n" + (b"s" * 100 + b",a\n") * 2_000_000),
        "to more than 200 times its",
    ),
    Malformed(
        "large.csv.gz",
        "unpacks to more than is allowed",
        lambda: gzip.compress(b"text,label\n" + b"secret,a\n" * 200_000),
        "unpacks to",
        limits=SMALL,
    ),
    Malformed(
        "cut.csv.gz",
        "the end is missing",
        lambda: gzip.compress((CSV * 50).encode())[:-20],
        "The gzip file is cut off; pack it again",
    ),
    Malformed(
        "flipped.csv.gz",
        "a byte in the middle is wrong",
        lambda: (good := gzip.compress(CSV.encode()))[:40] + bytes([good[40] ^ 255]) + good[41:],
        "The gzip file is damaged",
    ),
    Malformed(
        "twice.csv.gz.gz",
        "packed twice",
        lambda: gzip.compress(gzip.compress(CSV.encode())),
        "The gzip file holds another packed file; pack the table once",
    ),
    Malformed(
        "reviews.tar.gz",
        "a tar archive within",
        lambda: gzip.compress(tar_of(CSV.encode())),
        "The gzip file holds another packed file",
    ),
    Malformed("reviews.tar", "a tar archive", lambda: tar_of(CSV.encode()), "This is a tar archive"),
    Malformed("empty.gz", "nothing within", lambda: gzip.compress(b""), "The file is empty (0 bytes)"),
    Malformed(
        "empty.zip", "no file within", lambda: zipped({}), "The ZIP file is empty; pack exactly one table"
    ),
    Malformed(
        "two.zip",
        "two tables",
        lambda: zipped({"train.csv": CSV.encode(), "test.csv": CSV.encode()}),
        "The ZIP file holds 2 tables: 'train.csv' and 'test.csv'; pack exactly one table",
    ),
    Malformed(
        "none.zip",
        "no table among its files",
        lambda: zipped({"a.pdf": b"%PDF", "b.png": b"x"}),
        "The ZIP file holds no table among its 2 files: 'a.pdf' and 'b.png'",
    ),
    Malformed(
        "locked.zip",
        "protected by a password",
        lambda: locked(zipped({"reviews.csv": CSV.encode()})),
        "The file 'reviews.csv' in the ZIP is protected by a password",
    ),
    Malformed(
        "nested.zip",
        "an archive in the archive",
        lambda: zipped({"inner.zip": zipped({"a.csv": CSV.encode()})}),
        "The ZIP file holds the packed file 'inner.zip'; pack the table once",
    ),
    Malformed(
        "bomb.zip",
        "300 MB of one letter, as its directory says",
        lambda: zipped({"a.csv": b"a" * 300_000_000}),
        "to more than 200 times its",
    ),
    Malformed(
        "large.zip",
        "its directory states more than is allowed",
        lambda: zipped({"a.csv": b"secret,a\n" * 200_000}),
        "unpacks to 1,800,000 bytes or more and 1,000,000 are allowed",
        limits=SMALL,
    ),
    Malformed("lying.zip", "its directory states too few bytes", lying_zip, "The ZIP file is damaged"),
    Malformed(
        "directory.zip",
        "states a directory of 3 GB",
        huge_directory,
        "lists its files in 3,000,000,000 bytes, as no table needs",
    ),
    Malformed(
        "cut.zip",
        "the end is missing",
        lambda: zipped({"a.csv": CSV.encode()})[:-30],
        "The ZIP or XLSX file is damaged or cut off",
    ),
    Malformed(
        "picture.zip",
        "holds one picture",
        lambda: zipped({"a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 50}),
        "This is a PNG picture, not a table of text",
    ),
]
