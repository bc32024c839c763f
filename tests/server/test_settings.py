"""Settings from the environment and from arguments; the document lists every one."""

from pathlib import Path

import pytest

from engine.errors import RefusedError
from server.settings import (
    DEFAULT_GUEST_MIB,
    DEVELOPMENT_SETTINGS,
    PREFIX,
    Settings,
    check_names,
    default_guest_mib,
    machine_mib,
    names,
    settings_from,
    settings_table,
)

DOC = Path(__file__).parents[2] / "docs" / "SETTINGS.md"


def test_defaults():
    assert settings_from({}) == Settings()
    assert settings_from({}).port == 8000


def test_environment_and_arguments():
    environment = {
        "FRAGSCOPE_PORT": "9000",
        "FRAGSCOPE_HOST": "0.0.0.0",
        "FRAGSCOPE_TICKS_PER_S": "7.5",
    }
    settings = settings_from(environment, port="9001", host=None)
    assert (settings.port, settings.host, settings.ticks_per_s) == (9001, "0.0.0.0", 7.5)


def test_an_empty_value_is_no_value():
    assert settings_from({"FRAGSCOPE_PORT": ""}).port == 8000


@pytest.mark.parametrize(
    ("environment", "arguments", "sentence"),
    [
        (
            {"FRAGSCOPE_PORT": "http"},
            {},
            "FRAGSCOPE_PORT is 'http': a whole number from 0 to 65535",
        ),
        ({"FRAGSCOPE_PORT": "65536"}, {}, "FRAGSCOPE_PORT is '65536'"),
        ({"FRAGSCOPE_PORT": "-1"}, {}, "FRAGSCOPE_PORT is '-1'"),
        ({}, {"port": "8000.5"}, "--port is '8000.5': a whole number"),
        ({"FRAGSCOPE_TICKS_PER_S": "nan"}, {}, "FRAGSCOPE_TICKS_PER_S is 'nan': a number"),
        ({"FRAGSCOPE_MAX_SESSIONS": "0"}, {}, "from 1 to 1000 sessions is needed"),
    ],
)
def test_refused(environment, arguments, sentence):
    with pytest.raises(ValueError) as caught:
        settings_from(environment, **arguments)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("MAX_SESSION", "MAX_SESSION is no setting: did you mean FRAGSCOPE_MAX_SESSIONS?"),
        ("PROT", "PROT is no setting: did you mean FRAGSCOPE_PORT?"),
        ("CACHE", "CACHE is no setting: did you mean FRAGSCOPE_CACHE_DIR?"),
        ("MAX_GUEST_GIB", "MAX_GUEST_GIB is no setting: did you mean FRAGSCOPE_MAX_GUEST_MIB?"),
        ("XYZZY", "XYZZY is no setting: docs/SETTINGS.md lists them"),
        ("Port", "Port is no setting: did you mean FRAGSCOPE_PORT?"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_right_one(name, sentence):
    with pytest.raises(RefusedError) as caught:
        settings_from({"PATH": "/bin", PREFIX + name: "1"})
    assert str(caught.value) == PREFIX + sentence
    with pytest.raises(RefusedError, match="did you mean FRAGSCOPE_PORT"):
        check_names({"fragscope_port": "9000"})


def test_names_of_tests_and_of_the_cache_are_known():
    check_names(dict.fromkeys([*names(), *DEVELOPMENT_SETTINGS], "1"))


KUBERNETES = {
    "SERVICE_HOST": "10.0.0.1",
    "SERVICE_PORT": "8000",
    "SERVICE_PORT_HTTP": "8000",
    "PORT": "tcp://10.0.0.1:8000",
    "PORT_8000_TCP": "tcp://10.0.0.1:8000",
    "PORT_8000_TCP_ADDR": "10.0.0.1",
    "PORT_8000_TCP_PORT": "8000",
    "PORT_8000_TCP_PROTO": "tcp",
    "METRICS_SERVICE_HOST": "10.0.0.2",
    "METRICS_PORT": "udp://10.0.0.2:9",
}
DOCKER = {"NAME": "/web/fragscope", "ENV_PATH": "/bin", "PORT_1_TCP_START": "tcp://10.0.0.1:1"}


@pytest.mark.parametrize("injected", [KUBERNETES, DOCKER])
def test_what_an_orchestrator_injects_is_passed_over(injected):
    environment = {PREFIX + name: value for name, value in injected.items()}
    assert settings_from(environment) == Settings()


@pytest.mark.parametrize("value", ["tcp", "http://10.0.0.1:8000", "tcp:8000", "8000/tcp"])
def test_any_other_port_that_is_no_number_is_refused(value):
    with pytest.raises(RefusedError, match="a whole number from 0 to 65535"):
        settings_from({f"{PREFIX}PORT": value})


def test_the_environment_of_the_process_is_read_once_and_by_name(monkeypatch):
    monkeypatch.setenv(f"{PREFIX}PORT", "9000")
    assert settings_from().port == 9000
    assert Settings().port == 8000


def test_origins():
    settings = settings_from({"FRAGSCOPE_ORIGINS": "https://A.example/, http://b:81 ,"})
    assert settings.allowed_origins == {"https://a.example", "http://b:81"}


def machine(tmp_path, total_kib, **limits):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(f"MemTotal: {total_kib} kB\nMemFree: 1 kB\n")
    cgroup = tmp_path / "sys/fs/cgroup"
    (cgroup / "memory").mkdir(parents=True)
    for name, text in limits.items():
        (cgroup / name.replace("__", "/").replace("_max", ".max")).write_text(text)
    return tmp_path


def test_memory_of_a_machine_and_of_a_container(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert machine_mib(machine(tmp_path / "a", 8 << 20, memory_max="max\n")) == 8192
    assert machine_mib(machine(tmp_path / "b", 8 << 20, memory_max=f"{1 << 30}\n")) == 1024
    assert machine_mib(tmp_path) is None


def test_guests_do_not_take_all_of_the_memory():
    assert default_guest_mib(None) == DEFAULT_GUEST_MIB
    assert default_guest_mib(64 << 10) == DEFAULT_GUEST_MIB
    assert default_guest_mib(1000) == 600
    assert settings_from({"FRAGSCOPE_MAX_GUEST_MIB": "100"}).guest_bytes == 100 << 20


def test_the_document_has_the_table():
    table = settings_table()
    for name in names():
        assert f"`{name}`" in table
    assert table in DOC.read_text(), "docs/SETTINGS.md must hold server.settings.settings_table()"
