"""What holds of the TF-Hub adapter without its extra."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from dvn.embeddings.hub_handles import HUB_PREFIX, PAPER_HANDLES
from dvn.embeddings.hub_modules import MissingExtraError, load_hub_module

ROOT = Path(__file__).parents[3]


def test_the_papers_table_is_listed_whole() -> None:
    assert [(row.dim, row.dataset_size) for row in PAPER_HANDLES] == [
        (250, 4 * 10**9),
        (128, 200 * 10**9),
        (50, 7 * 10**9),
        (512, None),
        (512, None),
        (200, 32 * 10**9),
        (200, 32 * 10**9),
    ]
    named = [row.handle for row in PAPER_HANDLES if row.handle is not None]
    assert len(set(named)) == 5
    assert all(handle.startswith(HUB_PREFIX) for handle in named)
    assert {row.language for row in PAPER_HANDLES} == {"English"}


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="the extra is installed")
def test_without_the_extra_one_sentence_says_how_to_get_it() -> None:
    assert PAPER_HANDLES[0].handle is not None
    with pytest.raises(MissingExtraError, match=r"tensorflow is not installed here; .* requirements/install"):
        load_hub_module(PAPER_HANDLES[0].handle)


def test_importing_the_adapter_imports_no_tensorflow() -> None:
    source = (
        "import sys, dvn, dvn.embeddings.hub_tuning\n"
        "print([name for name in ('tensorflow', 'tensorflow_hub', 'tf_keras') if name in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert finished.stdout == "[]\n"
