"""The project's own files are found."""

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
