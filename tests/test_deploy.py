"""What docs/DEPLOY.md and compose.yaml say is what the image, the proxy and nginx itself do."""

from __future__ import annotations

import re

from tests.project_files import ROOT

DOC = (ROOT / "docs" / "DEPLOY.md").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()


def service(name: str) -> str:
    """The lines of one service of compose.yaml."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.M)
    assert found, name
    return found[1]


def test_both_containers_are_as_hard_as_the_command_of_the_readme() -> None:
    for name in ("fragscope", "proxy"):
        for line in (
            "read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]',
        ):  # fmt: skip
            assert f"    {line}\n" in service(name), (name, line)
    for flag in ("--read-only", "--cap-drop ALL", "--security-opt no-new-privileges"):
        assert flag in (ROOT / "README.md").read_text()
        assert flag in DOC
    assert "ports:" not in service("fragscope"), "only the proxy is reached from outside"


def test_proxy_and_server_find_each_other() -> None:
    (server,) = re.findall(r"ipv4_address: (\S+)", service("fragscope"))
    (proxy,) = re.findall(r"ipv4_address: (\S+)", service("proxy"))
    assert f"server {server}:8000;" in NGINX
    assert f"FRAGSCOPE_TRUSTED_PROXIES: {proxy}\n" in service("fragscope")
    for inside in re.findall(r'- "\d+:(\d+)"', service("proxy")):
        assert re.search(rf"listen {inside}\b", NGINX)


def test_every_metric_of_the_document_is_one() -> None:
    source = (ROOT / "server" / "api" / "metrics_routes.py").read_text()
    named = re.findall(r"`fragscope_(\w+?)(?:_total|_seconds)?`", DOC)
    assert len(named) > 10
    assert [name for name in named if f'"{name}"' not in source] == []


def test_every_setting_of_compose_is_one() -> None:
    known = (ROOT / "docs" / "SETTINGS.md").read_text()
    for name in re.findall(r"^      (FRAGSCOPE_\w+):", COMPOSE, re.M):
        assert f"| `{name}` |" in known
