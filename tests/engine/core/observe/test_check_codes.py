"""What validate() found, in words."""

import pytest

from engine.core.observe.check_codes import CheckCode, explain_check


@pytest.mark.parametrize("code", list(CheckCode))
def test_every_code_has_a_sentence_with_its_number(code: CheckCode) -> None:
    words = explain_check(code, 4711)
    assert "{" not in words
    assert ("4711" in words) == (code != CheckCode.CLEAN)
