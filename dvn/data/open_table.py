"""An untrusted file becomes an open table, whatever kind it is of."""

from pathlib import Path

from dvn.data.choices import Limits, ReadChoices
from dvn.data.delimited_table import TextStart, open_delimited
from dvn.data.encoding import EncodingGuess, choose_encoding
from dvn.data.file_kinds import PARQUET, ZIP, EmptyFileError, looks_like_json, refuse_binary, refuse_controls
from dvn.data.json_table import open_json
from dvn.data.lines import LineFaultError, split_lines
from dvn.data.parquet_table import open_parquet
from dvn.data.sources import open_source
from dvn.data.table import Table
from dvn.data.workbook_table import open_workbook


def open_table(path: Path, choices: ReadChoices, limits: Limits) -> Table:
    """The table in a file, recognised by its first 256 KB.

    Raises:
        DataError: The file is empty, binary, too large or no table; the leaf says which.
    """
    source = open_source(path, limits)
    sample, is_whole = source.sample()
    if not sample.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
        raise EmptyFileError(len(sample))
    if sample.startswith(PARQUET):
        return open_parquet(source, choices, limits)
    if sample.startswith(ZIP):
        return open_workbook(source, choices, limits)
    refuse_binary(sample)
    encoding = choose_encoding(sample, choices.encoding, is_whole=is_whole)
    if not encoding.name.startswith(("utf-16", "utf-32")):
        refuse_controls(sample)
    text = sample[encoding.mark_bytes :].decode(encoding.name, errors="replace")
    start = TextStart(encoding, text, _first_lines(sample, encoding, limits, is_whole=is_whole), is_whole)
    if choices.delimiter is None and looks_like_json(text):
        return open_json(source, start, choices, limits)
    return open_delimited(source, start, choices, limits)


def _first_lines(sample: bytes, encoding: EncodingGuess, limits: Limits, *, is_whole: bool) -> list[str]:
    lines: list[str] = []
    try:
        for line in split_lines(iter([sample]), encoding, max_chars=limits.max_line_chars, is_whole=is_whole):
            lines.append(line)
    except LineFaultError:
        pass
    return lines
