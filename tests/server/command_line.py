"""Runs the program's command line in this process, as a shell would see it."""

from __future__ import annotations

import pytest

from server.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Status, stdout and stderr; a usage error ends it with a status, too."""
    status: int
    try:
        status = main(list(arguments))
    except SystemExit as end:
        status = int(end.code or 0)
    out, err = capsys.readouterr()
    return status, out, err
