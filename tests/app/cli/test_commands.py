"""The group of commands, and the command as a process of its own."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from app.cli import COMMANDS, main
from app.cli.progress import progress_line
from tests.app.cli.conftest import WORDS, Invoke

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "app.cli"]


def start(*arguments: object, place: Path, **rest: object) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **rest,  # type: ignore[call-overload]  # keywords of Popen
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert isinstance(command, click.Command)
    assert command.help
    assert command.name == name


def test_the_list_of_commands_imports_none_of_them() -> None:
    code = (
        "import sys; from app.cli import main; main(['-h'], standalone_mode=False); print(list(sys.modules))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "recommend" in shown
    for heavy in ("'torch'", "'sqlalchemy'", "'numpy'"):
        assert heavy not in shown


def test_a_bad_file_needs_no_heavy_import(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("text\n")
    code = (
        "import sys\nfrom app.cli import main\n"
        f"code = main(['train', {str(tmp_path / 'bad.csv')!r}], standalone_mode=False)\n"
        "print(code, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"


def test_an_unknown_command_ends_with_2(invoke: Invoke) -> None:
    result = invoke("conjure")
    assert result.exit_code == 2
    assert "conjure" in result.stderr


def test_every_command_takes_json() -> None:
    def leaves(command: click.Command) -> list[click.Command]:
        if isinstance(command, click.Group):
            context = click.Context(command)
            found = (command.get_command(context, name) for name in command.list_commands(context))
            return [leaf for one in found if one is not None for leaf in leaves(one)]
        return [command]

    lacking = [
        leaf.name for leaf in leaves(main) if not any("--json" in option.opts for option in leaf.params)
    ]
    assert lacking == []


def test_a_process_trains_and_predicts(place: Path, tickets_csv: Path) -> None:
    training = start("train", tickets_csv, "--architecture", WORDS, "--json", place=place)
    out, errors = training.communicate(timeout=300)
    assert training.returncode == 0, errors
    assert b"\x1b" not in errors
    classifier = json.loads(out)["classifier"]
    predicting = start("predict", classifier, tickets_csv, place=place)
    out, errors = predicting.communicate(timeout=300)
    assert predicting.returncode == 0, errors
    assert out.count(b"\n") == 201


def test_a_reader_that_has_enough_makes_no_noise(place: Path, classifier: Path, tmp_path: Path) -> None:
    file = tmp_path / "many.txt"
    file.write_text("refund my money\n" * 60_000)
    process = start("predict", classifier, file, place=place)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"label,probability\n"
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=300) == 1
    assert b"Traceback" not in said
    assert b"roken pipe" not in said


SLOW = {
    "encoder": "none",
    "table": "glove",
    "tune_table": True,
    "hidden_layers": 3,
    "hidden_size": 256,
    "activation": "tanh",
    "normalisation": "batch",
    "dropout": 0.4,
    "deep_rate": 0.001,
    "deep_l2": 0.0,
    "ngrams": "characters",
    "wide_rate": 0.1,
    "wide_l1": 0.0,
    "class_weight": "none",
    "steps": 2000,
}
"""Takes seconds, so that it can be stopped on the way."""


def test_ctrl_c_leaves_nothing_behind(place: Path, tickets_csv: Path) -> None:
    (place / "steps.json").write_text(json.dumps(SLOW))
    process = start("train", tickets_csv, "--architecture", "@steps.json", "--out", "made", place=place)
    assert process.stderr is not None
    assert b"rows to train" in process.stderr.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 1, errors
    assert b"Traceback" not in errors
    assert out == b""
    assert [path.name for path in place.iterdir()] == ["steps.json"]


def test_progress_is_one_line_of_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, expected in ((Terminal(), "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress_line() as show:
            show("one")
            show("two")
        assert stream.getvalue() == expected
