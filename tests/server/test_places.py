"""The project's own files are found."""

from server import places


def test_files_are_there():
    assert (places.examples_folder() / "runs" / "s1.tar.xz").is_file()
    assert places.web_folder().is_dir()
    assert places.plotly_script().stat().st_size > 1 << 20


def test_an_installed_wheel_has_its_own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "_HERE", tmp_path)
    (tmp_path / "_web").mkdir()
    assert places.web_folder() == tmp_path / "_web"


def test_version():
    assert places.project_version()[0].isdigit()
