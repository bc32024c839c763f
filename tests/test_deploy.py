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
    for name in ("fragscope", "proxy", "sweep-scheduler", "sweep-worker"):
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


def test_scheduler_and_workers_of_a_sweep_start_with_options_that_dask_has() -> None:
    from distributed.cli.dask_scheduler import main as scheduler
    from distributed.cli.dask_worker import main as worker

    for name, command in (("sweep-scheduler", scheduler), ("sweep-worker", worker)):
        text = service(name)
        assert "profiles: [sweep]" in text, "nobody gets it who has not asked"
        assert "image: fragscope-sweep\n" in text
        (words,) = re.findall(r"command: \[dask, (.*)\]", text)
        role, *options = [word.strip('"') for word in words.split(", ")]
        assert role == name.removeprefix("sweep-")
        known = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
        assert [one for one in options if one.startswith("--") and one not in known] == []
    assert "127.0.0.1:8786:8786" in service("sweep-scheduler")
    assert "tcp://sweep-scheduler:8786" in service("sweep-worker")
    document = (ROOT / "docs" / "SWEEPS.md").read_text()
    assert "docker compose --profile sweep up" in document
    assert "--dask tcp://127.0.0.1:8786" in document


def test_the_image_of_the_workers_has_what_they_need_and_the_other_has_not() -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.M)
    named = {stage.split()[2] for stage in stages[1:] if " AS " in stage.partition("\n")[0]}
    assert "sweep" in named, "compose.yaml builds it"
    assert stages[-1].split()[0] == "runtime"
    assert "requirements-sweep.lock" in (ROOT / ".dockerignore").read_text()
    locked = (ROOT / "requirements-sweep.lock").read_text()
    assert {"distributed", "pyarrow"} <= set(re.findall(r"^([a-z-]+)==", locked, re.M))
    assert "distributed==" not in (ROOT / "requirements.lock").read_text()


def test_every_metric_of_the_document_is_one() -> None:
    source = (ROOT / "server" / "api" / "metrics_routes.py").read_text()
    named = re.findall(r"`fragscope_(\w+?)(?:_total|_seconds)?`", DOC)
    assert len(named) > 10
    assert [name for name in named if f'"{name}"' not in source] == []


def test_every_setting_of_compose_is_one() -> None:
    known = (ROOT / "docs" / "SETTINGS.md").read_text()
    for name in re.findall(r"^      (FRAGSCOPE_\w+):", COMPOSE, re.M):
        assert f"| `{name}` |" in known
