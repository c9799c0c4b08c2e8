"""The two commands install what the locks say, once, and say in one sentence why they could not."""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dvn.embeddings.hub_modules import INSTALL

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"

# Stands for Python, venv and pip: an environment is a link to itself, and what pip is asked is noted.
STAND_IN = """#!/usr/bin/env bash
case "$*" in
"-c import os, sys"*) readlink -f "$0" ;;
"-c "*) ;;
"-m venv "*) mkdir -p "$3/bin" && ln -sf "$(readlink -f "$0")" "$3/bin/python" ;;
*"-m pip "*)
    echo "$*" >>"$NOTES"
    sleep "${SLOW:-0}"
    case "$*" in *"${BROKEN:-nothing}"*) echo "$COMPLAINT" && exit 1 ;; esac
    ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of the installing part of the project, with a stand-in for Python."""

    root: Path

    @property
    def notes(self) -> list[str]:
        path = self.root / "notes"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def start(self, **environment: str) -> subprocess.Popen[str]:
        known = {"PATH": os.environ["PATH"], "PYTHON": str(self.root / "python")}
        return subprocess.Popen(
            [str(self.root / "run"), "--setup"],
            env={**known, "NOTES": str(self.root / "notes"), **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def setup(self, **environment: str) -> tuple[int, str]:
        """Exit code of `./run --setup`, and what it says."""
        process = self.start(**environment)
        _, said = process.communicate(timeout=30)
        return process.returncode, said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    shutil.copytree(REQUIREMENTS, tmp_path / "requirements")
    for name in ("run", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "python").write_text(STAND_IN, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    return Checkout(tmp_path)


def test_a_second_start_installs_nothing(checkout: Checkout) -> None:
    assert checkout.setup()[0] == 0
    calls = checkout.notes
    assert checkout.setup() == (0, "")
    assert checkout.notes == calls != []


def test_everything_installed_is_hashed_and_prebuilt_but_forethought_itself(checkout: Checkout) -> None:
    checkout.setup()
    *locked, own = checkout.notes
    assert all("--require-hashes --only-binary :all:" in call and "--no-deps" in call for call in locked)
    assert f"--no-index --no-build-isolation --editable {checkout.root}" in own


def test_the_cpu_build_of_torch_is_preferred(checkout: Checkout) -> None:
    checkout.setup()
    assert not any("torch-cuda.lock" in call for call in checkout.notes)
    (checkout.root / "notes").unlink()
    (checkout.root / ".venv" / ".complete").unlink()
    assert checkout.setup(BROKEN="torch-cpu.lock", COMPLAINT="No matching distribution")[0] == 0
    tried = [re.findall(r"torch-\w+|download\.pytorch\.org", call) for call in checkout.notes[:3]]
    assert tried == [["torch-cpu"], ["download.pytorch.org", "torch-cpu"], ["torch-cuda"]]


def test_a_killed_install_is_noticed_and_made_anew(checkout: Checkout) -> None:
    process = checkout.start(SLOW="30")
    while not checkout.notes:
        assert process.poll() is None
    environment = checkout.root / ".venv"
    (environment / "half-made").touch()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert not (environment / ".complete").exists()
    assert checkout.setup()[0] == 0
    assert not (environment / "half-made").exists()
    assert checkout.setup() == (0, "")


@pytest.mark.parametrize("lock", ["runtime.lock", "bare.lock", "torch-cpu.lock"])
def test_a_changed_lock_makes_the_environment_anew(checkout: Checkout, lock: str) -> None:
    checkout.setup()
    calls = len(checkout.notes)
    with (checkout.root / "requirements" / lock).open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    assert checkout.setup()[0] == 0
    assert len(checkout.notes) == 2 * calls


def test_another_interpreter_makes_the_environment_anew(checkout: Checkout) -> None:
    checkout.setup()
    calls = len(checkout.notes)
    other = checkout.root / "other-python"
    shutil.copy(checkout.root / "python", other)
    assert checkout.setup(PYTHON=str(other))[0] == 0
    assert len(checkout.notes) == 2 * calls
    assert (checkout.root / ".venv/bin/python").resolve() == other


def test_two_at_once_install_once(checkout: Checkout) -> None:
    processes = [checkout.start(SLOW="0.2") for _ in range(2)]
    said = [process.communicate(timeout=30)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(checkout.notes) == 3
    assert sum("waiting" in text for text in said) == 1


def test_a_folder_that_is_not_ours_is_left_alone(checkout: Checkout) -> None:
    (checkout.root / ".venv").mkdir()
    precious = checkout.root / ".venv" / "precious"
    precious.touch()
    code, said = checkout.setup()
    assert (code, precious.exists()) == (1, True)
    assert "was not made by ./run" in said


@pytest.mark.parametrize(
    ("complaint", "reason"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one whose hash is pinned"),
        ("WARNING: connection broken by NewConnectionError", "no package registry could be reached"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "the registry lacks numpy==2.4.6"),
    ],
)
def test_a_failed_install_names_the_reason_and_the_log(
    checkout: Checkout, complaint: str, reason: str
) -> None:
    code, said = checkout.setup(BROKEN="runtime.lock", COMPLAINT=complaint)
    last = said.splitlines()[-1]
    assert code == 1
    assert reason in last
    assert str(checkout.root / ".venv" / "install.log") in last
    assert complaint in (checkout.root / ".venv" / "install.log").read_text(encoding="utf-8")


def test_without_a_fit_python_a_sentence_says_which_is_needed(checkout: Checkout) -> None:
    code, said = checkout.setup(PYTHON="/bin/false")
    assert code == 1
    assert said.startswith("Forethought needs Python 3.11, 3.12 or 3.13, which /bin/false is not;")


def locked(name: str) -> dict[str, Requirement]:
    """The entries of one lock by canonical package name."""
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    entries = [line.split(" \\")[0] for line in text.splitlines() if re.match(r"\w", line)]
    requirements = [Requirement(entry) for entry in entries]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


LOCKS = ("bare.lock", "dev.lock", "runtime.lock", "torch-cpu.lock", "torch-cuda.lock")
EXTRA_LOCKS = ("tfhub.lock", "tfhub-bare.lock")


@pytest.mark.parametrize("name", [*LOCKS, *EXTRA_LOCKS])
def test_every_entry_of_a_lock_is_pinned_and_hashed(name: str) -> None:
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\w)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    shape = re.compile(r"[\w.-]+==[\w.+]+( ; .+?)? \\\n(\s+--hash=sha256:[0-9a-f]{64}( \\\n|\s*$))+")
    assert [entry.splitlines()[0] for entry in entries if not shape.fullmatch(entry.strip("\n"))] == []


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("*.*")), ids=lambda path: path.name)
def test_no_registry_is_named_in_the_requirements(path: Path) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", path.read_text(encoding="utf-8"))


def test_both_locks_of_torch_pin_the_same_release() -> None:
    releases = {str(locked(name)["torch"].specifier).removesuffix("+cpu") for name in LOCKS[3:]}
    assert len(releases) == 1


def test_the_extra_holds_all_of_the_runtime_at_the_same_releases_but_for_setuptools() -> None:
    runtime, extra = locked("runtime.lock"), locked("tfhub.lock")
    differing = {package for package in runtime if str(runtime[package]) != str(extra.get(package))}
    assert differing == {"setuptools"}


def test_the_extra_is_installed_by_one_command_wherever_it_is_named() -> None:
    command, _, locks = INSTALL.partition(" .venv-tfhub ")
    assert (ROOT / command).is_file()
    assert {f"{lock}.lock" for lock in locks.split()} <= {*LOCKS, *EXTRA_LOCKS}
    assert all(INSTALL in (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", ".ci/run"))


def pins() -> Mapping[str, Requirement]:
    return {package: pin for name in LOCKS[:4] for package, pin in locked(name).items()}


def test_the_tests_run_with_the_locked_versions() -> None:
    here = {package: pin for package, pin in pins().items() if not pin.marker or pin.marker.evaluate()}
    if version("torch").partition("+")[2] != "cpu":
        here.pop("torch")
    assert {package: version(package) for package in here} == {
        package: str(pin.specifier).removeprefix("==") for package, pin in here.items()
    }


def test_the_code_imports_only_what_the_requirements_name() -> None:
    inputs = "\n".join(
        (REQUIREMENTS / name).read_text(encoding="utf-8") for name in ("runtime.in", "bare.in")
    )
    asked = {canonicalize_name(word) for word in re.findall(r"^[\w.-]+(?=[=\[\s]|$)", inputs, re.MULTILINE)}
    owners = packages_distributions()
    unnamed = set()
    for path in (file for folder in ("app", "dvn") for file in (ROOT / folder).rglob("*.py")):
        for module in imported(path) - set(sys.stdlib_module_names) - {"app", "dvn"}:
            distributions = {canonicalize_name(owner) for owner in owners.get(module, [module])}
            unnamed |= set() if distributions & asked else {module}
    assert unnamed == set()


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_the_readme_names_only_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"bin/forethought ([\w-]+)", readme))
    listing = "import app.cli, json; print(json.dumps(sorted(app.cli.COMMANDS)))"
    answer = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert named - set(json.loads(answer.stdout)) == set()
