"""One progress bar for every command: only after a second, on stderr, plain where nobody looks."""

from __future__ import annotations

import re
import threading

import pytest

from server.cli.progress import ProgressBar
from tests.server.cli.terminal import run_in_terminal, without_control

BAR = """
import threading
from server.cli.progress import ProgressBar
with ProgressBar("replaying 8 operations", 0.05) as progress:
    for i in range(4):
        progress("seed [1] " + "x" * {long}, i, 4)
        threading.Event().wait(0.2)
print("answer")
"""


def wait_until_shown(progress: ProgressBar) -> None:
    """Until the timer has run out and the first line is written."""
    progress._timer.join(10)
    assert not progress._timer.is_alive()


def test_what_is_over_within_a_second_says_nothing(capsys) -> None:
    with ProgressBar("replaying 8 operations") as progress:
        progress("compact", 1, 8)
    assert capsys.readouterr() == ("", "")


def test_a_log_has_one_line_at_the_beginning_and_one_at_the_end(capsys) -> None:
    with ProgressBar("replaying 8 operations", 0) as progress:
        wait_until_shown(progress)
        for i in range(8):
            progress(f"operation {i}", i, 8)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"replaying 8 operations\nreplaying 8 operations: done after \d+ s\n", err
    ), err


def test_a_failure_is_not_called_done(capsys) -> None:
    with pytest.raises(ValueError), ProgressBar("replaying", 0) as progress:
        wait_until_shown(progress)
        raise ValueError
    assert capsys.readouterr().err == "replaying\n"


def test_threads_may_report_at_once(capsys) -> None:
    with ProgressBar("stress-highalloc", 0) as progress:
        wait_until_shown(progress)
        threads = [
            threading.Thread(target=lambda: [progress("x", i, 99) for i in range(99)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert capsys.readouterr().err.count("\n") == 2


@pytest.mark.parametrize("long", [0, 200])
def test_a_terminal_shows_a_bar_that_fits_and_leaves_no_trace(long: int) -> None:
    text = run_in_terminal(BAR.format(long=long))
    plain = without_control(text)
    drawn = [line for line in re.split(r"[\r\n]+", plain) if "seed [1]" in line]
    assert drawn
    assert max(map(len, drawn)) <= 80
    assert any("50%" in line for line in drawn)
    assert text.endswith("\x1b[2Kanswer\n") or plain.rstrip().endswith("answer")
    assert "done after" not in plain


def test_a_dumb_terminal_gets_the_lines_of_a_log() -> None:
    text = run_in_terminal(BAR.format(long=0), TERM="dumb")
    assert "\x1b" not in text
    assert re.fullmatch(
        r"replaying 8 operations\nreplaying 8 operations: done after 1 s\nanswer\n", text
    ), text
