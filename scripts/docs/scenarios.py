"""Maintainers: play every scenario and write docs/SCENARIOS.md.

python -m scripts.docs.scenarios
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.capture.load import guest_from_capture, load_capture
from engine.guest import Guest
from engine.scenarios.catalog import SCENARIOS
from engine.scenarios.model import GROUPS, Scenario
from engine.scenarios.run import run_scenario, synthetic_base
from scripts.docs.generated import with_parts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "SCENARIOS.md"


def base_of(scenario: Scenario) -> Guest:
    """The guest that a scenario starts from."""
    if scenario.source["kind"] == "synthetic":
        return synthetic_base(scenario)
    path = ROOT / "examples" / scenario.source["name"] / "s1.tar.xz"
    return guest_from_capture(load_capture(path, path.name), scenario.seed)


def played(scenario: Scenario) -> dict[str, Any]:
    """What comes out of it."""
    return run_scenario(scenario, base_of(scenario))


def guest_words(source: dict[str, Any]) -> str:
    """The guest in words."""
    if source["kind"] == "capture":
        return f"capture `{source['name']}`"
    area = f", CMA area of {source['cma_mib']} MiB" if source.get("cma_mib") else ""
    return f"synthetic `{source['preset']}`, {source['size_mib']} MiB{area}"


def overview(members: list[Scenario]) -> list[str]:
    """The scenarios of a group, a row each."""
    lines = ["| scenario | question | made for | borne out |", "| --- | --- | --- | --- |"]
    for one in members:
        whom = {"": "", "none": "none"}.get(one.favours, f"`{one.favours}`")
        verdict = "" if not one.favours else "yes" if one.borne_out else "no"
        lines.append(f"| `{one.name}` | {one.question} | {whom} | {verdict} |")
    return [*lines, ""]


def section(scenario: Scenario, result: dict[str, Any]) -> list[str]:
    """One scenario: guest, steps, what came out after the last of them."""
    lines = [
        f"### {scenario.label} (`{scenario.name}`)", "", scenario.text, "",
        f"Guest: {guest_words(scenario.source)}, rules `{scenario.profile}`.", "",
    ]  # fmt: skip
    lines += [f"{i}. {step.words}" for i, step in enumerate(scenario.steps, 1)]
    lines += ["", f"| design | {' | '.join(label for _, label in scenario.show)} |"]
    lines.append("| --- |" + " --- |" * len(scenario.show))
    for key, numbers in result["steps"][-1]["designs"].items():
        cells = " | ".join(f"{numbers[stat]:,}" for stat, _ in scenario.show)
        lines.append(f"| `{key}` | {cells} |")
    return [*lines, ""]


def generated(results: dict[str, dict[str, Any]]) -> str:
    """The generated part of the document.

    Args:
        results: of run_scenario, by name of the scenario.
    """
    lines: list[str] = [""]
    for group, label in GROUPS.items():
        members = [one for one in SCENARIOS.values() if one.group == group]
        lines += [f"## {label}", "", *overview(members)]
        for one in members:
            lines += section(one, results[one.name])
    return "\n".join(lines)


def main() -> None:
    """Play and write."""
    results = {name: played(one) for name, one in SCENARIOS.items()}
    text = with_parts(DOCUMENT.read_text(encoding="utf-8"), {"scenarios": generated(results)})
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
