"""What the core's source says about itself: kernel function names, and notes of reasons."""

from __future__ import annotations

import pytest

from engine.trace.annotations import (
    KernelName,
    core_files,
    kernel_names,
    reasons_by_line,
    section,
    watched,
    where_decided,
)
from tests.engine.worlds import UNCOMPILED


def test_the_source_section_names_functions_of_both_kernels() -> None:
    text = "mm/compaction.c f_new(), the rest; 3.8 mm/migrate.c f_old()."
    assert kernel_names(text) == (
        KernelName("f_new", "mm/compaction.c"), KernelName("f_old", "mm/migrate.c")
    )  # fmt: skip
    assert kernel_names("3.8 mm/migrate.c g().") == (KernelName("g", "mm/migrate.c"),) * 2
    assert kernel_names("mm/migrate.c g().") == (KernelName("g", "mm/migrate.c"),) * 2
    assert kernel_names("not of the kernel: mm/migrate.c g() does it.") == (None, None)


def test_a_section_is_read_across_lines() -> None:
    doc = "Do.\n\nReturns:\n    int64, 0 or\n    EAGAIN.\nSource:\n    mm/x.c f()."
    assert section(doc, "Returns") == "int64, 0 or EAGAIN."
    assert section(doc, "Source") == "mm/x.c f()."
    assert section(doc, "Differs") == ""


def test_every_reason_is_noted_inside_a_function() -> None:
    noted = {reason for room in core_files() for reason in reasons_by_line(room).values()}
    assert noted == set(where_decided())
    assert "engine/core/compact/scan.py isolation_suitable" in where_decided()["skip_hint"]


def test_only_an_uncompiled_core_can_be_watched() -> None:
    if not UNCOMPILED:
        with pytest.raises(RuntimeError, match="needs NUMBA_DISABLE_JIT=1"):
            watched()
        return
    known = {what.name: what for what in watched().values()}
    assert known["migrate_folio_unmap"].subject == "src"
    assert known["step_compact"].modern == KernelName("compact_nodes", "mm/compaction.c")
    assert known["isolate_balloonpages"].modern is None
    noted = {reason for what in known.values() for reason in what.notes.values()}
    assert noted == set(where_decided())
