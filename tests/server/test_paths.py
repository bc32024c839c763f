"""The project's own files are found."""

from pathlib import Path

import pytest

from server import paths


def test_files_are_there():
    assert (paths.examples_folder() / "runs" / "s1.tar.xz").is_file()
    assert paths.web_folder().is_dir()
    assert paths.plotly_script().stat().st_size > 1 << 20


def test_an_installed_wheel_has_its_own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "_HERE", tmp_path)
    (tmp_path / "_web").mkdir()
    assert paths.web_folder() == tmp_path / "_web"


def test_version():
    assert paths.project_version()[0].isdigit()


ROOT_LINE = "30 1 0:51 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/x"
VOLUMES = "/var/lib/docker/volumes"
NAMELESS = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("mount", "ends"),
    [
        ("", True),
        (f"41 30 8:1 {VOLUMES}/sessions/_data /data rw - ext4 /dev/sda1 rw", False),
        ("41 30 8:1 /srv/sessions /data rw - ext4 /dev/sda1 rw", False),
        (f"41 30 8:1 {VOLUMES}/{NAMELESS}/_data /data rw - ext4 /dev/sda1 rw", True),
        ("41 30 0:60 / /data rw - tmpfs tmpfs rw,size=64m", True),
        ("41 30 8:1 /srv/other /database rw - ext4 /dev/sda1 rw", True),
        ("41 30 8:1 /srv/all /da\\040ta rw - ext4 /dev/sda1 rw", True),
    ],
)
def test_a_container_without_a_volume_of_its_own_takes_the_sessions_with_it(tmp_path, mount, ends):
    (tmp_path / "proc/self").mkdir(parents=True)
    mounts = tmp_path / "proc/self/mountinfo"
    mounts.write_text(f"{ROOT_LINE}\n{mount}".strip() + "\n")
    folder = Path("/data/fragscope")
    assert not paths.ends_with_container(folder, tmp_path), "this is no container"
    (tmp_path / ".dockerenv").touch()
    assert paths.ends_with_container(folder, tmp_path) is ends
    mounts.unlink()
    assert not paths.ends_with_container(folder, tmp_path), "nothing is known"
