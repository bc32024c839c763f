"""Where the project's own files lie, in a checkout and in an installed wheel alike."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _folder(installed: str, checkout: str) -> Path:
    inside = _HERE / installed
    return inside if inside.is_dir() else _HERE.parent / checkout


def import_paths() -> str:
    """PYTHONPATH for a process of ours: it finds the project where this one has found it."""
    return os.pathsep.join(filter(None, (str(_HERE.parent), os.environ.get("PYTHONPATH", ""))))


def web_folder() -> Path:
    """The page: index.html, styles/, src/."""
    return _folder("_web", "web")


def examples_folder() -> Path:
    """The example captures, one folder each."""
    return _folder("_examples", "examples")


def data_folder() -> Path:
    """Where sessions are kept when no setting says so."""
    from platformdirs import user_data_path

    return user_data_path("fragscope", appauthor=False)


def plotly_script() -> Path:
    """plotly.min.js inside the installed plotly package."""
    import plotly

    return Path(plotly.__file__).resolve().parent / "package_data" / "plotly.min.js"


def project_version() -> str:
    """The installed version, "0" when nothing is installed."""
    try:
        return version("fragscope")
    except PackageNotFoundError:
        return "0"
