"""JSON files, each broken in one way, with a part of what must be said."""

import json

from tests.dvn.data.crafting import (
    JSONL,
    OBJECTS,
    ROWS,
    Malformed,
    lines_with,
)

JSON = [
    Malformed(
        "broken.jsonl",
        "a comma is missing in line 12",
        lambda: lines_with(12, '{"text": "secret" "label": "a"}'),
        "Row 12 (line 12) is broken JSON at character 19: a comma is missing",
    ),
    Malformed(
        "first.jsonl",
        "the first line is no JSON",
        lambda: lines_with(1, "{'text': 'secret', 'label': 'a'}"),
        "Row 1 (line 1) is broken JSON at character 2",
    ),
    Malformed(
        "cut.jsonl",
        "the last line is cut off",
        lambda: (JSONL + '{"text": "secr').encode(),
        "Row 21 (line 21) is broken JSON at character 10: the text that begins here is not closed",
    ),
    Malformed(
        "list.jsonl",
        "a line is a list",
        lambda: lines_with(5, '["secret", "a"]'),
        "Row 5 (line 5) is a list where an object is expected",
    ),
    Malformed(
        "number.jsonl",
        "a line is a number",
        lambda: lines_with(7, "17"),
        "Row 7 (line 7) is a text or a number where an object is expected",
    ),
    Malformed(
        "deep.jsonl",
        "a line is nested 100,000 times",
        lambda: lines_with(3, "[" * 100_000),
        "Row 3 (line 3) is broken JSON at character 1: it is nested too deeply",
    ),
    Malformed(
        "lists.jsonl",
        "all lines are lists",
        lambda: "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
        "Row 1 (line 1) is a list where an object is expected",
    ),
    Malformed(
        "broken.json",
        "a list with a broken object",
        lambda: json.dumps(OBJECTS, indent=0).replace('"label": "bad"\n}', '"label" "bad"\n}', 1).encode(),
        "Row 1 (line 4) is broken JSON at character 9: a colon is missing",
    ),
    Malformed(
        "cut.json",
        "a list that does not end",
        lambda: json.dumps(OBJECTS).encode()[:-1],
        "is broken JSON at character",
    ),
    Malformed(
        "commaless.json",
        "a list without a comma",
        lambda: json.dumps(OBJECTS).replace("}, {", "} {", 1).encode(),
        "a comma or the end of the list is missing",
    ),
    Malformed(
        "more.json",
        "text after the list",
        lambda: (json.dumps(OBJECTS) + " secret").encode(),
        "something follows the end of the list",
    ),
    Malformed(
        "wrapped.json",
        "one object around the list",
        lambda: json.dumps({"data": OBJECTS}).encode(),
        "The file has one column, 'data', where a text and a label column are needed (the keys of the",
    ),
    Malformed("emptylist.json", "a list of nothing", lambda: b"[]", "The list in the JSON file is empty"),
    Malformed(
        "label.jsonl",
        "no object has the label",
        lambda: JSONL.encode(),
        "There is no column 'stars' to take the label from; the file has 'text' and 'label'",
        {"label": "stars"},
    ),
    Malformed(
        "latin.jsonl",
        "not UTF-8",
        lambda: (
            lines_with(4, '{"text": "caf\u00e9 \u00e0 la carte", "label": "a"}').decode().encode("latin-1")
        ),
        "The file is not UTF-8: the byte 0xE9 at row 4, line 4",
    ),
    Malformed(
        "nul.jsonl",
        "a NUL byte",
        lambda: lines_with(2, '{"text": "a\0b", "label": "a"}'),
        "Row 2 (line 2) holds a NUL byte",
    ),
]
