"""The documents name what the code has, and name nothing that is not there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from engine.commands import COMMANDS
from engine.designs import DEFAULT_DESIGNS, DESIGNS
from engine.recipes import PRESETS
from engine.view import PLANES, STAT_FIELDS
from server.settings import DEVELOPMENT_SETTINGS
from server.settings import names as setting_names
from server.wire import messages

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Folders whose names in backticks are paths of the project.
ROOMS = ("engine", "server", "web", "tests", "docs", "scripts", "benchmarks", "examples")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def documents() -> Iterator[tuple[Path, str]]:
    """Every Markdown file of the project."""
    for path in sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("benchmarks/*.md")]):
        yield path, path.read_text(encoding="utf-8")


def lacking(document: str, names: object) -> list[str]:
    """Those names that do not stand in backticks in a document."""
    text = read(document)
    return [
        str(name)
        for name in names  # type: ignore[attr-defined]
        if not re.search(rf"`[^`\n]*(?<!\w){re.escape(str(name))}(?!\w)[^`\n]*`", text)
    ]


def test_every_path_that_a_document_names_exists() -> None:
    gone = []
    for document, text in documents():
        for token in re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w./*-]*)", text):
            found = any(ROOT.glob(token)) if "*" in token else (ROOT / token).exists()
            if not found:
                gone.append(f"{document.name}: {token}")
    assert gone == []


def test_every_relative_link_leads_somewhere() -> None:
    broken = []
    for document, text in documents():
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)\s#]+)", text):
            if not (document.parent / target).exists():
                broken.append(f"{document.name}: {target}")
    assert broken == []


def test_protocol_names_every_command_with_its_fields() -> None:
    text = read("docs/PROTOCOL.md")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.M))
    assert [name for name in COMMANDS if name not in rows] == []
    for name, command in COMMANDS.items():
        missing = [f.name for f in fields(command) if f"`{f.name}`" not in rows[name]]
        assert missing == [], f"fields of {name}"


def test_protocol_names_every_plane_and_every_statistic() -> None:
    text = read("docs/PROTOCOL.md")
    planes = dict(re.findall(r"^\| `?(\w+)`? \| (u\d+) \|", text, re.M))
    assert {name: planes.get(name) for name, _ in PLANES} == {
        name: f"u{int(dtype[-1]) * 8}" for name, dtype in PLANES
    }
    assert lacking("docs/PROTOCOL.md", STAT_FIELDS) == []


def test_protocol_names_every_message_and_each_of_its_fields() -> None:
    for tag, form in [*messages.UP.items(), *messages.DOWN.items()]:
        names = [tag, *(field.name for field in fields(form))]
        assert lacking("docs/PROTOCOL.md", names) == [], tag


def test_protocol_names_every_close_code() -> None:
    codes = re.findall(r"^CLOSE_\w+ = (\d+)", read("server/wire/messages.py"), re.M)
    table = re.findall(r"^\| (\d{4}) \|", read("docs/PROTOCOL.md"), re.M)
    assert sorted(codes) == sorted(table)


def test_designs_are_described_with_each_toggle_and_each_value() -> None:
    assert set(DEFAULT_DESIGNS) <= set(DESIGNS)
    assert lacking("docs/DESIGNS.md", DESIGNS) == []
    for design in DESIGNS.values():
        for toggle in design.toggles:
            assert lacking("docs/DESIGNS.md", [toggle.name]) == [], design.name
            values = [value for value in toggle.values if value not in ("on", "off")]
            assert lacking("docs/DESIGNS.md", values) == [], f"{design.name}:{toggle.name}"


def test_every_synthetic_guest_has_its_recipe() -> None:
    text = "\n".join(text for path, text in documents() if path.parent == DOCS)
    assert [name for name in PRESETS if f"`{name}`" not in text] == []


def test_model_names_every_core_file() -> None:
    """What a core file models, keeps and leaves out stands in docs/MODEL.md."""
    paths = (ROOT / "engine" / "core").rglob("*.py")
    files = sorted(path.name for path in paths if path.parent.name != "jit")  # the compiler
    text = read("docs/MODEL.md")
    assert [name for name in files if name != "__init__.py" and name not in text] == []


def test_settings_are_the_documented_ones() -> None:
    known = set(setting_names())
    assert lacking("docs/SETTINGS.md", known) == []
    used: set[str] = set()
    names = ["Dockerfile", "Makefile", ".ci/run", "README.md", "CONTRIBUTING.md"]
    paths = [ROOT / name for name in names]
    for room in ("engine", "server", "scripts", "tests", "docs"):
        paths += [p for p in (ROOT / room).rglob("*") if p.suffix in (".py", ".sh", ".md")]
    for path in paths:
        used |= set(re.findall(r"FRAGSCOPE_[A-Z][A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
    assert used - known - DEVELOPMENT_SETTINGS == set()


def test_readme_names_every_subcommand() -> None:
    from server.cli.main import build_parser

    actions = build_parser()._subparsers
    assert actions is not None
    commands = [name for group in actions._group_actions for name in group.choices or ()]
    assert commands
    assert [name for name in commands if f"fragscope {name}" not in read("README.md")] == []


def test_make_help_lists_every_target() -> None:
    text = read("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.M)
    assert phony
    described = set(re.findall(r"^([a-z]+):.*## ", text, re.M))
    assert set(phony.group(1).split()) == described


def test_versions_agree() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    top = re.search(r"^## \[(\d[^]]*)\]", read("CHANGELOG.md"), re.M)
    assert top
    assert top.group(1) == version


def test_changelog_names_the_wire_version_in_force() -> None:
    version = re.search(r"^WIRE_VERSION = (\d+)", read("server/wire/frames.py"), re.M)
    newest = re.search(r"^Wire version (\d+)\.$", read("CHANGELOG.md"), re.M)
    assert version
    assert newest
    assert newest.group(1) == version.group(1)


def test_docker_command_of_the_readme_names_the_port_of_the_image() -> None:
    exposed = re.search(r"^EXPOSE (\d+)", read("Dockerfile"), re.M)
    published = re.search(r"-p (?:[\d.]+:)?\d+:(\d+)", read("README.md"))
    assert exposed
    assert published
    assert published.group(1) == exposed.group(1)
