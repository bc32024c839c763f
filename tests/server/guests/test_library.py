"""Guests to start from."""

import hashlib
import lzma
import tarfile
import tracemalloc

import numpy as np
import pytest

from engine import presets
from engine import units as u
from engine.core import engine_digest
from engine.core.observe import check
from engine.errors import OtherGeometryError, RefusedError
from server.errors import NotFoundError
from server.guests.library import EXAMPLES, PAGE_COST, Library
from server.journal.folder import Folder
from server.session.making import new_session
from server.wire.config import (
    CaptureSource,
    SessionConfig,
    SyntheticSource,
    UploadSource,
    config_from_dict,
)
from tests.engine.small_capture import archive, small


def quiet(text, done, total):
    pass


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_there_and_of_its_size(name):
    with lzma.open(EXAMPLES[name].path) as file, tarfile.open(fileobj=file) as archive:
        member = next(m for m in archive if m.name.endswith("meminfo"))
        text = archive.extractfile(member).read().decode()
    total = int(text.split()[1]) // 1024
    assert total <= EXAMPLES[name].size_mib <= total * 1.2


def test_an_example_is_read_once(base):
    library = Library(2, 1 << 30)
    said = []
    source = CaptureSource("runs")
    one = library.base(source, 1, lambda *what: said.append(what))
    assert "reading the capture runs" in said[0][0]
    assert library.base(source, 1, quiet) is one
    assert one.facts["guest"]["main_zone"] == "DMA32"
    assert one.facts["engine"] == engine_digest()
    assert one.text == "example capture runs"
    assert int(check.validate(one.guest)[0]) == 0


def three_uploads(library):
    """Ids of three captures of 1 GiB, named u0, u1, u2."""
    archives = [EXAMPLES[name].path.read_bytes() for name in ("tight", "roomy", "runs")]
    return [library.add_upload(data, f"u{i}")[0] for i, data in enumerate(archives)]


def test_an_upload_is_found_again_by_its_digest_after_a_restart(tmp_path):
    data = EXAMPLES["runs"].path.read_bytes()
    upload, _ = Library(2, 1 << 30, Folder(tmp_path)).add_upload(data, "mine")
    assert upload == hashlib.sha256(data).hexdigest()
    later = Library(2, 1 << 30, Folder(tmp_path))
    later.recall(UploadSource(upload))
    assert later.captured(UploadSource(upload))[0] == "mine"
    with pytest.raises(NotFoundError, match="upload it again"):
        later.recall(UploadSource("0" * 64))


def test_uploads_are_kept_up_to_a_number():
    library = Library(2, 1 << 30)
    ids = three_uploads(library)
    with pytest.raises(NotFoundError):
        library.base(UploadSource(ids[0]), 1, quiet)
    base = library.base(UploadSource(ids[2]), 1, quiet)
    assert base.facts["guest"]["label"] == "u2"
    assert library.check(SessionConfig(UploadSource(ids[1]), ("pinned",), 1)) > 0


def test_uploads_give_way_to_newer_ones_when_memory_is_short():
    library = Library(8, 64 << 20)  # 16 MiB for uploads: one of 1 GiB takes 8
    ids = three_uploads(library)
    with pytest.raises(NotFoundError):
        library.base(UploadSource(ids[0]), 1, quiet)
    assert library.base(UploadSource(ids[2]), 1, quiet).facts["guest"]["label"] == "u2"


def test_a_capture_that_could_never_be_opened_is_refused():
    with pytest.raises(ValueError):
        Library(8, 8 << 20).add_upload(EXAMPLES["runs"].path.read_bytes(), "x")


def test_what_is_no_capture_is_refused():
    with pytest.raises(ValueError):
        Library(2, 1 << 30).add_upload(b"nothing", "x")


def test_the_cost_is_not_below_what_a_guest_takes():
    """24 bytes a page and design, as promised in the settings."""
    config = config_from_dict(
        {
            "source": {"kind": "synthetic", "preset": "roomy", "size_mib": 512, "seed": 1},
            "designs": ["pinned"],
        }
    )
    library = Library(2, 1 << 30)
    guest = library.base(config.source, 1, quiet).guest
    taken = sum(np.asarray(array).nbytes for array in guest)
    assert taken <= library.check(config) / 2
    assert taken <= len(guest.pages) * PAGE_COST


def test_an_upload_with_memory_at_high_addresses_is_taken_for_its_size():
    high = 1 << 22  # pfn of 16 GiB: the library below has room for less
    files = small()
    words = np.full(high + 8192, 1 << 20, "<u8")
    words[high:] = np.frombuffer(files["kpageflags"], "<u8")
    files |= {"kpageflags": words.tobytes(), "kpagecount": bytes(8 * len(words))}
    files["zoneinfo"] = files["zoneinfo"].replace(b":           0\n", f": {high}\n".encode(), 1)
    library = Library(2, 64 << 20)
    assert library.largest_mib < 8 << 10
    _, summary = library.add_upload(archive(files), "high")
    assert summary["memory_mib"] == 32
    other = {"pagetypeinfo": small()["pagetypeinfo"].replace(b"order: 9", b"order: 10")}
    with pytest.raises(ValueError, match=r"order 10 .*a new session, and the command line"):
        library.add_upload(archive(small() | other), "other")


def test_examples_and_recipes_are_of_the_usual_pageblocks_in_any_process(monkeypatch):
    library = Library(2, 64 << 20)
    monkeypatch.setattr(u, "PAGEBLOCK_ORDER", u.MAX_PAGE_ORDER)
    for source in (CaptureSource("runs"), SyntheticSource("tight", 256)):
        with pytest.raises(OtherGeometryError, match="pageblocks of 2 MiB") as refused:
            library.check(SessionConfig(source, ("pinned",)))
        assert refused.value.pageblock_order == 9


def test_a_capture_too_large_to_be_kept_is_read_again_and_leaves_nothing_behind(tmp_path):
    """Of 1 GiB, where uploads may take 6 MiB: what a guest was made of is gone afterwards."""
    library = Library(2, 24 << 20, Folder(tmp_path))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        upload, _ = library.add_upload(EXAMPLES["roomy"].path.read_bytes(), "mine")
        source = UploadSource(upload)
        nr_pages = library.nr_pages(source)
        assert tracemalloc.get_traced_memory()[0] - before < nr_pages, "it is kept in memory"
        base = library.base(source, 1, quiet)
        taken = sum(array.nbytes for array in base.guest)
        assert tracemalloc.get_traced_memory()[0] - before < taken + nr_pages
    finally:
        tracemalloc.stop()
    assert base.owned
    library.recall(source)
    assert library.captured(source)[0] == "mine"


def test_what_is_larger_than_the_setting_is_refused_by_its_name():
    library = Library(2, 100 << 30, max_size_mib=512)
    assert library.largest_mib == 512
    large = SyntheticSource("roomy", 514, 1)
    with pytest.raises(
        RefusedError, match=r"^size is 514 MiB: .* up to 512 MiB .FRAGSCOPE_MAX_SIZE_MIB.$"
    ):
        library.check(SessionConfig(large, ("pinned",), 1))
    data = EXAMPLES["runs"].path.read_bytes()
    with pytest.raises(RefusedError, match=r"the limit is 512 MiB .FRAGSCOPE_MAX_SIZE_MIB"):
        library.add_upload(data, "x")
    with pytest.raises(RefusedError, match=r"limit is 512 MiB .FRAGSCOPE_MAX_GUEST_MIB"):
        Library(2, 6 << 20).add_upload(data, "x")


def test_two_designs_take_45_bytes_a_page_while_they_are_made_and_when_they_are_there(monkeypatch):
    """As a session's worker makes 512 MiB, in pieces as small beside it as they are at 64 GiB."""
    monkeypatch.setattr(presets, "_BATCH", 1 << 12)
    config = SessionConfig(SyntheticSource("tight", 512, 1), ("pinned", "dedicated_block"), 1)
    library = Library(2, 1 << 30)
    library.base(config.source, 2, quiet)  # what is loaded once
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        base = library.base(config.source, 1, quiet)
        session = new_session(config, base.guest, base.text, base.facts, base.owned)
        del base
        now, peak = (taken - before for taken in tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()
    fixed = sum(a.nbytes for g in map(session.world.guest, (0, 1)) for a in (g.lists, g.vm, g.cc))
    pages = session.world.nr_pages
    assert 40 * pages < now - fixed < 45 * pages
    assert peak - fixed < 45 * pages
    assert library.check(config) == 48 * pages
