"""The claims: each has author, date, source and reading; what it points to is there."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from engine.race.era import protocol_from
from engine.race.explorer import race
from engine.scenarios.catalog import SCENARIOS
from engine.scenarios.claims import CLAIMS, PARTS, claims_json
from engine.view import STAT_FIELDS

ROOT = Path(__file__).resolve().parents[3]


def test_every_claim_says_who_when_and_where() -> None:
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.part in PARTS, claim.id
        assert re.fullmatch(r"[a-z_]+", claim.id)
        for text in (claim.claim, claim.who, claim.when, claim.source, claim.reading):
            assert text, claim.id
        assert re.search(r"\d{4}", claim.when), claim.id
        assert re.search(r"archive post|linux-mm|commit|20\d\d", claim.source), claim.id
        assert claim.claim.endswith((".", "?")), claim.id
        assert claim.reading.endswith("."), claim.id
        assert '"' not in claim.claim + claim.reading.replace('"How good is this?"', ""), claim.id


def test_parts_come_in_order_and_none_is_empty() -> None:
    seen = list(dict.fromkeys(claim.part for claim in CLAIMS))
    assert seen == list(PARTS)


def test_all_five_reasons_and_both_proposals_are_there() -> None:
    assert {"i", "ii", "iii", "iv", "v", "separate_pass", "dedicated_block"} <= {
        claim.id for claim in CLAIMS
    }


def test_what_a_claim_points_to_exists() -> None:
    page = (ROOT / "web" / "index.html").read_text(encoding="utf-8")
    for claim in CLAIMS:
        assert claim.scenario is None or claim.scenario in SCENARIOS, claim.id
        assert all(stat in STAT_FIELDS for stat, _ in claim.show), claim.id
        for href, _ in claim.links:
            if href.startswith("#"):
                assert f'id="{href[1:]}"' in page, href
            else:
                assert (ROOT / "web" / urlsplit(href).path).is_file(), href


def test_the_settings_of_the_race_explorer_show_what_is_claimed() -> None:
    broken = {}
    for claim in CLAIMS:
        for href, _ in claim.links:
            query = dict(parse_qsl(urlsplit(href).query))
            if query:
                result = race(protocol_from(**{"known_defects": "off", **query}))
                broken[href] = [one["property"] for one in result["violations"]]
    without, with_lock, leak = broken.values()
    assert "newpage_isolated" in without
    assert with_lock == []
    assert "lost_page" in leak


def test_the_json_form_is_complete() -> None:
    fields = {"id", "part", "claim", "who", "when", "source", "reading", "scenario"}
    for told in claims_json():
        assert set(told) == fields | {"show", "figures", "links"}
        assert told["part"] in PARTS.values()
