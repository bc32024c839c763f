"""docs/PROTOCOL.md holds what the code and the golden frame say; ``make golden`` rewrites it."""

from server.wire import frames
from tests.server import golden_wire, protocol_doc


def test_generated_parts_are_fresh(request):
    text = protocol_doc.PATH.read_text()
    parts = {
        "statistics": protocol_doc.statistics_table(),
        "hexdump": protocol_doc.hexdump(frames.encode_key(golden_wire.KEY)),
    }
    fresh = protocol_doc.with_generated(text, parts)
    if request.config.getoption("--update-golden"):
        protocol_doc.PATH.write_text(fresh)
        return
    assert text == fresh, "docs/PROTOCOL.md is stale: make golden rewrites it"


def test_every_documented_meaning_belongs_to_a_field():
    assert protocol_doc.unknown_meanings() == set()
