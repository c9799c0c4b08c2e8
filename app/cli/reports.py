"""What a study found becomes one Markdown page, the same as JSON, and pictures, in a folder."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, str]


def report(title: str, facts: Mapping[str, Any], sections: Mapping[str, Sequence[Row]], **rest: Any) -> Any:
    """The mapping that `markdown` words: facts (snapshot, command, version), tables, notes and figures."""
    return {"title": title, "facts": dict(facts), "sections": dict(sections), "notes": [], **rest}


def markdown(found: Mapping[str, Any]) -> str:
    """A report as Markdown."""
    lines = [f"# {found['title']}", ""]
    lines += [f"- {name}: {value}" for name, value in found["facts"].items()]
    for title, rows in found["sections"].items():
        lines += ["", f"## {title}", "", *_table(rows)]
    lines += ["", *[f"- {note}" for note in found["notes"]]]
    lines += [f"![{name}]({name})" for name in found.get("pictures", ())]
    return "\n".join(lines).rstrip()


def write_report(
    folder: Path, name: str, found: Mapping[str, Any], pictures: Mapping[str, str] | None = None
) -> None:
    """Write a report and its pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(markdown(found) + "\n", encoding="utf-8")
    text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    for picture, svg in (pictures or {}).items():
        (folder / picture).write_text(svg + "\n", encoding="utf-8")


def number(value: float | None, digits: int = 3) -> str:
    """A number of a table; a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def plus_minus(mean: float, std: float, digits: int = 3) -> str:
    """A mean with its standard deviation."""
    return "-" if math.isnan(mean) else f"{mean:.{digits}f} ± {std:.{digits}f}"


def finite(value: float) -> float | None:
    """A number that JSON knows: NaN becomes null."""
    return value if math.isfinite(value) else None


def _table(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return ["nothing"]
    names = list(rows[0])
    head = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return [*head, *("| " + " | ".join(row[name] for name in names) + " |" for row in rows)]
