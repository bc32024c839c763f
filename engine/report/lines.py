"""Text as people paste it, in lines as the kernel wrote them.

What mail, loggers and terminals put around a kernel's line is taken off: quoting, time stamps,
host names, quoted-printable and HTML entities. Each line keeps the numbers of those it came from.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE = 4096  # characters; the longest line of a kernel has some 600

_QUOTE = re.compile(r"^\s?(?:>(?!\d)[ \t]?)+")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_HEX = re.compile(r"=([0-9A-Fa-f]{2})")
_QUOTED_PRINTABLE = re.compile(
    r"^Content-Transfer-Encoding:[ ]*quoted-printable|=3D[\w ]|=20\r?$", re.M | re.I
)
_STAMPS = tuple(
    re.compile(pattern)
    for pattern in (
        r"<\d{1,3}>",  # level, as the kernel sends it
        r"\[ *\d{1,10}\.\d{1,9}\]",  # dmesg
        r"\[ *[TC]\d{1,9}\]",  # who printed it (CONFIG_PRINTK_CALLER)
        r"\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\]",  # dmesg -T
        r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\w.,:+-]{0,20}\]?(?: \S{1,64} kernel(?:\[\d+\])?:)?",
        r"\w{3} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \S{1,64} kernel(?:\[\d+\])?:",  # syslog
        r"(?:kern|user|daemon) *: *\w+ *:",  # dmesg -x
        r"\S{1,64} kernel(?:\[\d+\])?:",
        r"kernel(?:\[\d+\])?:",
        r":(?= \[ *\d{1,10}\.\d)",  # some loggers leave an empty field behind the kernel's name
    )
)
_MAY_STAMP = re.compile(r"[<\[\d:]|\w{3} [ \d]\d \d\d:|.{0,64}\bkernel\b|(?:kern|user|daemon) *:")
_CALLER = re.compile(r"\[ *([TC]\d{1,9})\]")
_ENTITIES = (("&gt;", ">"), ("&lt;", "<"), ("&nbsp;", " "), ("&amp;", "&"))


@dataclass(frozen=True)
class TextLine:
    """One line.

    Attributes:
        numbers: of the lines in the text that it came from.
        text: without what was put around it; inner blanks as they were.
        caller: who printed it (``T123``), empty if the text does not say.
    """

    numbers: tuple[int, ...]
    text: str
    caller: str = ""


def decoded(body: bytes) -> str:
    """The text of a file, whatever its encoding; bytes that are no text become marks."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    return body.decode("utf-8", "replace")


def _joined(text: str) -> Iterator[tuple[tuple[int, ...], str]]:
    """Lines with their numbers, soft line breaks undone where the text is quoted-printable."""
    packed = _QUOTED_PRINTABLE.search(text) is not None
    numbers: list[int] = []
    parts: list[str] = []
    size = 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not packed:
            yield (number,), line
            continue
        numbers.append(number)
        soft = line.rstrip().endswith("=") and size < MAX_LINE
        parts.append(line.rstrip()[:-1] if soft else line)
        size += len(line)
        if not soft:
            yield tuple(numbers), _HEX.sub(lambda m: chr(int(m[1], 16)), "".join(parts))
            numbers, parts, size = [], [], 0
    if numbers:
        yield tuple(numbers), "".join(parts)


def _bare(text: str) -> tuple[str, str]:
    """A line without quoting and stamps, and who printed it."""
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "&" in text:
        for entity, sign in _ENTITIES:
            text = text.replace(entity, sign)
    text = text.replace("\t", " ").replace("\xa0", " ")
    if ">" in text[:3]:
        text = _QUOTE.sub("", text)
    caller = ""
    for _ in range(8):
        start = text.lstrip(" ")
        if not _MAY_STAMP.match(start):
            break
        found = next((m for stamp in _STAMPS if (m := stamp.match(start))), None)
        if found is None:
            break
        who = _CALLER.fullmatch(found[0])
        caller = who[1] if who else caller
        text = start[found.end() :].removeprefix(" ")
    return text, caller


def logical_lines(text: str) -> Iterator[TextLine]:
    """The lines of a text; what is too long to be a kernel's line comes out empty.

    Args:
        text: anything.
    """
    for numbers, line in _joined(text):
        if len(line) > MAX_LINE or not line or line.isspace():
            yield TextLine(numbers, "")
        else:
            yield TextLine(numbers, *_bare(line))
