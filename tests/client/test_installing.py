"""The client is installed by one command, without the service and without torch."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from app.settings import PROJECT_ROOT

LOOK = """
import json, sys
import forethought_client
from importlib.metadata import distributions
print(json.dumps([sorted(sys.modules), sorted(one.name for one in distributions())]))
"""


def test_it_installs_into_an_empty_environment_with_httpx_only(tmp_path: Path) -> None:
    source = shutil.copytree(PROJECT_ROOT / "client", tmp_path / "client")
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", source]
    subprocess.run(install, check=True, cwd=tmp_path, stdin=subprocess.DEVNULL)
    answer = subprocess.run([python, "-c", LOOK], check=True, cwd=tmp_path, capture_output=True, text=True)
    modules, packages = json.loads(answer.stdout)
    assert {"forethought_client", "httpx"} <= set(modules)
    assert {"torch", "numpy", "app", "dvn"} & set(modules) == set()
    assert {"forethought-client", "httpx"} <= set(packages)
    assert len(packages) <= 12, "httpx brings six, and pip and setuptools are there"
    (typed,) = environment.glob("lib/*/site-packages/forethought_client/py.typed")
    assert typed.is_file()
