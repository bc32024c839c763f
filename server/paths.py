"""Where the project's own files lie, in a checkout and in an installed wheel alike."""

import os
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_HERE = Path(__file__).resolve().parent
# Of docker and podman, and what an orchestrator's runtime leaves.
_CONTAINER_SIGNS = (".dockerenv", "run/.containerenv", "run/secrets/kubernetes.io")
_UNKEPT = ("overlay", "tmpfs", "ramfs")
_NAMELESS_VOLUME = re.compile(r"/volumes/[0-9a-f]{64}/_data$")  # of VOLUME in a Dockerfile


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


def lessons_folder() -> Path:
    """The lessons, one file each."""
    return _folder("_lessons", "lessons")


def lesson_example() -> Path:
    """What a new lesson begins as."""
    return _HERE / "lessons" / "example.md"


def sweeps_folder() -> Path:
    """The sweeps that come with the project, one folder each."""
    return _folder("_sweeps", "sweeps")


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


def ends_with_container(folder: Path, root: Path = Path("/")) -> bool:
    """Whether what lies in a folder is lost with the container that this process is in.

    It is not, outside any container, and where a volume with a name or a folder of the host is
    mounted. The volume that an image declares is a new one for each container.

    Args:
        folder: absolute.
        root: of the file system, where the container's signs and its mounts are read.
    """
    if not any((root / sign).exists() for sign in _CONTAINER_SIGNS):
        return False
    try:
        mounts = (root / "proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return False
    nearest, lost = -1, False
    for line in mounts:  # proc_pid_mountinfo(5): root and mount point are the 4th and 5th field
        before, _, after = line.partition(" - ")
        source, point = before.split(" ")[3:5]
        place = Path(point.replace("\\040", " "))
        if folder.is_relative_to(place) and len(place.parts) >= nearest:
            nearest = len(place.parts)
            kind = after.partition(" ")[0]
            lost = point == "/" or kind in _UNKEPT or bool(_NAMELESS_VOLUME.search(source))
    return lost
