"""The rules of the style guide that a machine can check; run as a program it prints the sizes."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "dvn")
FOLDERS = (*PACKAGES, "bench", "migrations", "tests")

MODULE_LINES, MEDIAN_LINES, FUNCTION_LINES = 400, 120, 40
TEMPLATE_LINES, SCRIPT_LINES = 150, 100
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
MAY_CATCH_ALL = {"app/jobs/runner.py"}
MAY_COMMIT = {"app/db/session.py", "app/jobs/runner.py"}
MAY_READ_ENVIRONMENT = {"app/settings.py"}
GLOBAL_SEEDS = {"torch.manual_seed", "torch.random.manual_seed", "np.random.seed", "random.seed"}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name(path))


def nodes(path: Path, *kinds: type[Any]) -> Iterator[Any]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, kinds))


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@cache
def code_lines(path: Path) -> frozenset[int]:
    """Numbers of the lines that hold code: no blank lines, comments or docstrings."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    spans = ((token.start[0], token.end[0]) for token in tokens if token.type not in silent)
    lines = {line for first, last in spans for line in range(first, last + 1)}
    for node in nodes(path, ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef):
        if ast.get_docstring(node, clean=False) is not None:
            lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return frozenset(lines)


def function_lines(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes(path, ast.FunctionDef, ast.AsyncFunctionDef):
        inside = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        yield f"{name(path)}:{node.lineno} {node.name}", len(code_lines(path) & set(inside))


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` of a name or attribute; of anything else nothing."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def places(path: Path, found: Iterator[ast.AST] | list[ast.AST]) -> list[str]:
    return [f"{name(path)}:{getattr(node, 'lineno', 0)}" for node in found]


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def scripts() -> list[Path]:
    own = (ROOT / "app" / "static").rglob("*.js")
    return sorted(path for path in own if "vendor" not in path.parts)


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {name(path): line_count(path) for path in modules(*FOLDERS) if "versions" not in path.parts}
    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_the_median_module_is_short() -> None:
    assert median(sizes()) <= MEDIAN_LINES


def test_no_function_is_longer_than_40_lines_of_code() -> None:
    lengths = (
        item for path in modules(*FOLDERS) for item in function_lines(path) if "versions" not in path.parts
    )
    assert {function: lines for function, lines in lengths if lines > FUNCTION_LINES} == {}


def test_every_module_says_what_it_does() -> None:
    silent = [name(path) for path in modules("app", "dvn", "bench") if not ast.get_docstring(tree(path))]
    assert silent == []


def test_names_of_modules_and_classes_mean_something() -> None:
    vague = [name(path) for path in modules(*FOLDERS) if VAGUE & set(re.split(r"[_/.]", name(path)))]
    for path in modules(*FOLDERS):
        for node in nodes(path, ast.ClassDef):
            words = {word.lower() for word in re.findall(r"[A-Z][a-z]*", node.name)}
            vague += [f"{name(path)}:{node.lineno} {node.name}"] if VAGUE & words else []
    assert vague == []


def test_no_module_is_named_like_one_of_pythons_own() -> None:
    twins = [name(path) for path in modules(*PACKAGES) if path.stem in sys.stdlib_module_names]
    assert twins == []


def test_a_folder_holds_at_least_two_modules() -> None:
    lonely = [folder for folder in package_folders() if len(list((ROOT / folder).rglob("*.py"))) < 3]
    assert lonely == []


def test_only_the_job_runner_catches_everything() -> None:
    greedy = []
    for path in modules(*PACKAGES):
        for node in nodes(path, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            raises_again = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if {dotted(kind) for kind in caught} & {"", "Exception", "BaseException"} and not raises_again:
                greedy += places(path, [node])
    assert [place for place in greedy if place.split(":")[0] not in MAY_CATCH_ALL] == []


def test_only_the_session_and_the_job_runner_commit() -> None:
    commits = []
    for path in modules("app"):
        calls = nodes(path, ast.Call)
        commits += places(path, (call for call in calls if dotted(call.func).endswith(".commit")))
    assert [place for place in commits if place.split(":")[0] not in MAY_COMMIT] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = []
    for path in modules(*PACKAGES):
        stores = (node for node in nodes(path, ast.Subscript) if isinstance(node.ctx, ast.Store))
        written = {node.value for node in stores}
        reads = (node for node in nodes(path, ast.Attribute) if node not in written)
        direct = (node for node in reads if dotted(node) in {"os.environ", "os.getenv"})
        imported = (
            node
            for node in nodes(path, ast.ImportFrom)
            if node.module == "os" and {alias.name for alias in node.names} & {"environ", "getenv"}
        )
        readers += places(path, direct) + places(path, imported)
    assert [place for place in readers if place.split(":")[0] not in MAY_READ_ENVIRONMENT] == []


def test_nothing_seeds_globally() -> None:
    seeds = []
    for path in modules(*PACKAGES):
        calls = nodes(path, ast.Call)
        seeds += places(path, (call for call in calls if dotted(call.func) in GLOBAL_SEEDS))
    assert seeds == []


def test_annotations_stay_real() -> None:
    postponed = []
    for path in modules(*FOLDERS):
        imports = nodes(path, ast.ImportFrom)
        postponed += places(path, (node for node in imports if node.module == "__future__"))
    assert postponed == []


def test_an_import_inside_a_function_states_its_reason() -> None:
    unexplained = []
    for path in modules(*PACKAGES):
        lines = path.read_text(encoding="utf-8").splitlines()
        for function in nodes(path, ast.FunctionDef, ast.AsyncFunctionDef):
            imports = (node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))
            bare = (node for node in imports if "#" not in "".join(lines[node.lineno - 2 : node.lineno]))
            unexplained += places(path, bare)
    assert unexplained == []


def test_dataclasses_are_slotted_unless_they_cache_a_property() -> None:
    loose = []
    for path in modules(*PACKAGES):
        for node in nodes(path, ast.ClassDef):
            for decorator in node.decorator_list:
                call = decorator if isinstance(decorator, ast.Call) else None
                if dotted(call.func if call else decorator).split(".")[-1] == "dataclass":
                    options = {keyword.arg for keyword in call.keywords} if call else set()
                    caches = "frozen" in options and "cached_property" in ast.unparse(node)
                    loose += [] if "slots" in options or caches else places(path, [node])
    assert loose == []


def test_a_silenced_check_names_its_code_and_its_reason() -> None:
    reasoned = re.compile(r"#\s*(type: ignore\[[\w, -]+\]|noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*)\s*(#|:|-|\()")
    silent = []
    for path in modules(*PACKAGES):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            above = lines[number - 2].strip().startswith("#") if number > 1 else False
            # Of `import-untyped` the code is the reason.
            if re.search(r"#\s*(type: ignore(?!\[import-untyped\])|noqa)", line) and not reasoned.search(
                line + " #" * above
            ):
                silent.append(f"{name(path)}:{number}")
    assert silent == []


def test_nothing_is_left_to_do_without_a_link() -> None:
    bare = [
        f"{name(path)}:{token.start[0]}"
        for path in modules(*FOLDERS)
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX)\b(?!.*https?://)", token.string)
    ]
    assert bare == []


def test_migrations_are_named_by_date_time_and_intent() -> None:
    named = re.compile(r"\d{4}-\d{2}-\d{2}_\d{4}_[a-z][a-z0-9_]+\.py")
    found = [path.name for path in modules("migrations/versions") if path.name != "__init__.py"]
    assert [file for file in found if not named.fullmatch(file)] == []


def test_pages_are_short() -> None:
    lengths = {name(path): line_count(path) for path in templates()}
    assert {path: lines for path, lines in lengths.items() if lines > TEMPLATE_LINES} == {}


def test_scripts_are_short() -> None:
    lengths = {name(path): line_count(path) for path in scripts()}
    assert {path: lines for path, lines in lengths.items() if lines > SCRIPT_LINES} == {}


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("style attribute", r"<[^>]*\sstyle\s*="),
        ("style element", r"<style\b"),
        ("script without a source", r"<script(?![^>]*\bsrc=)[^>]*>"),
        ("event handler", r"<[^>]*\son[a-z]+\s*="),
    ],
)
def test_pages_hold_no_inline_style_or_script(kind: str, pattern: str) -> None:
    found = [name(path) for path in templates() if re.search(pattern, path.read_text(encoding="utf-8"))]
    assert found == [], f"{kind} in a page"


def package_folders() -> list[str]:
    return sorted({name(path.parent) for path in modules(*PACKAGES)})


def test_the_readme_maps_every_folder_of_the_code_and_no_other() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^ {4}((?:app|dvn)(?:/\w+)*) {2,}\S", text, flags=re.MULTILINE))
    assert named == set(package_folders())


def sizes() -> list[int]:
    return [line_count(path) for path in modules(*PACKAGES) if path.name != "__init__.py"]


def figures() -> str:
    """The sizes of the code in three lines."""
    modules_by_lines = sorted(((line_count(path), name(path)) for path in modules(*PACKAGES)), reverse=True)
    functions = sorted(lines for path in modules(*PACKAGES) for _, lines in function_lines(path))
    longest, path = modules_by_lines[0]
    return (
        f"{len(modules_by_lines)} modules, {sum(lines for lines, _ in modules_by_lines)} lines; "
        f"tests: {sum(map(line_count, modules('tests')))} lines\n"
        f"module: median {median(sizes()):.0f} lines, longest {longest} ({path})\n"
        f"function: median {median(functions):.0f} lines of code, "
        f"95th percentile {functions[len(functions) * 95 // 100]}, longest {functions[-1]}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(figures())
