"""What is compiled beforehand is all that a first training needs."""

import os
import subprocess
import sys
from pathlib import Path

from app.settings import PROJECT_ROOT

FIRST = """
import torch
torch.set_num_threads(1)
from dvn.training.compiling import compile_steps
compile_steps()
from numba.core.event import install_recorder
from dvn.training import train
from tests.dvn.factories import make_architecture, make_dataset
dataset, split = make_dataset(60, classes=3)
choices = {"normalisation": "batch", "dropout": 0.2, "hidden_layers": 2, "ngrams": "characters"}
with install_recorder("numba:compile") as compiled:
    for tunes in (True, False):
        train(dataset, split, make_architecture(tune_table=tunes, **choices))
print(sorted({str(event.data["dispatcher"].py_func.__name__) for _, event in compiled.buffer}))
"""


def test_after_compiling_no_training_compiles(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", FIRST], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
