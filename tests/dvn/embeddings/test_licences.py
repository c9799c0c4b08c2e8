"""Every embedding module has the texts of its licences."""

import pytest

from dvn.embeddings import MODULES, UnknownModuleError
from dvn.embeddings.licences import LICENCES, licences_of


def test_every_module_has_licences_with_their_texts() -> None:
    assert LICENCES.keys() == MODULES.keys()
    for name, module in MODULES.items():
        for licence in licences_of(name):
            assert len(licence.text) > 900
            assert licence.covers.endswith(".")
            assert licence.title.split()[0] in {"Apache", "MIT", "Llama", "ODC"}
        named = {"apache-2.0.txt": "Apache 2.0", "llama-2.txt": "Llama 2", "pddl-1.0.txt": "PDDL"}
        for licence in licences_of(name):
            assert named.get(licence.file, "MIT") in module.licence


def test_the_llama_licence_comes_with_the_notice_that_it_asks_for() -> None:
    [llama] = [licence for licence in licences_of("wordllama") if licence.file == "llama-2.txt"]
    assert "Llama 2 is licensed under the LLAMA 2 Community License" in llama.covers
    assert "Llama 2 is licensed under the LLAMA 2 Community License" in " ".join(llama.text.split())


def test_an_unknown_module_has_no_licence() -> None:
    with pytest.raises(UnknownModuleError, match="elmo"):
        licences_of("elmo")
