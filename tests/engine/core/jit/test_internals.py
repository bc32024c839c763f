"""What is touched of numba is there; a new numba that moved it is refused in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from numba.core import codegen, dispatcher

from engine.core.jit import internals

FOLDER = Path(internals.__file__).parent


def test_this_numba_is_the_one_that_the_compiler_was_written_for() -> None:
    assert internals.faults() == []
    internals.check.__wrapped__()


def test_what_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(codegen.CPUCodeLibrary, "_get_module_for_linking")
    with pytest.raises(RuntimeError) as caught:
        internals.check.__wrapped__()
    text = str(caught.value)
    assert "numba.core.codegen.CPUCodeLibrary._get_module_for_linking is gone" in text
    assert re.match(r"numba [\d.]+ is not the one that engine/core/jit was written for: ", text)
    assert text.endswith(
        "Install the version that pyproject.toml names, or set FRAGSCOPE_JIT=ordinary."
    )


def test_what_takes_other_arguments_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher.Dispatcher, "get_call_template", lambda self, args: None)
    assert internals.faults() == [
        "numba.core.dispatcher.Dispatcher.get_call_template has no parameter kws"
    ]


def test_every_private_name_of_numba_in_the_code_is_in_the_list() -> None:
    """Private: with an underscore, of an object that is not this folder's own."""
    listed = Path(internals.__file__).read_text()
    ours = {"_replace"}
    for path in sorted(FOLDER.glob("*.py")):
        own = set(re.findall(r"(?:def |self\.|^\s*class )(_\w+)", path.read_text(), re.M))
        for name in re.findall(r"[\w)]\.(_(?!_)\w+)", path.read_text()):
            known = name in own | ours or re.search(rf"\b{name}\b", listed)
            assert known, f"{path.name} touches {name}, which internals.py does not list"
