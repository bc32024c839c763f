"""What OpenAPI says of the routes that a program uses: bodies, answers, examples."""

from typing import Any

from server.wire.command_form import command_schemas

_ID, _TOKEN = "2f0c9a41d7b3e865", "kT3v_9QmXw0aZr8LcE5pYb1H"
_CONFIG = {
    "source": {"kind": "capture", "name": "runs"},
    "designs": ["pinned", "lru_hook", "separate_pass", "dedicated_block"],
    "seed": 1,
    "profile": "modern",
}
_COMMAND = {"type": "balloon_inflate", "nr_pages": 51200}
_STATE = {
    "tick": 812,
    "digest": "5f0c2e9a7b1d4c3e8f6a0b2d4c6e8f10",
    "idle": True,
    "designs": {
        "pinned": {
            "stats": {"free_blocks": 26, "balloon_actual": 51200},
            "buddyinfo": [112, 96, 71, 40, 22, 13, 9, 5, 4, 6, 10],
        }
    },
}
_BEARER: list[dict[str, list[str]]] = [{"presenter": []}, {"viewer": []}]


def _answer(text: str, example: Any) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"example": example}}}


def _refused(text: str) -> dict[str, Any]:
    return _answer(text, {"error": "one sentence"})


def _body(schema: dict[str, Any], example: Any, required: bool) -> dict[str, Any]:
    return {
        "required": required,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


_USUAL = {
    "401": _refused("no token"),
    "403": _refused("the token does not open this session, or lets one look only"),
    "404": _refused("no such session"),
    "409": _refused("another version of the simulator played this session"),
    "503": _refused("the journal cannot be had"),
}

CREATE: dict[str, Any] = {
    "summary": "Make a session",
    "requestBody": _body({"type": "object"}, _CONFIG, required=False),
    "responses": {
        "201": _answer(
            "its name and its two tokens, which are told only here",
            {"session": _ID, "presenter": _TOKEN, "viewer": _TOKEN[::-1]},
        ),
        "400": _refused("the config cannot be"),
        "429": _refused("too many sessions, or not enough memory for guests"),
        "503": _refused("the session could not be kept"),
    },
}
READ: dict[str, Any] = {
    "summary": "Look at a session; nothing is brought into memory",
    "security": _BEARER,
    "responses": {
        "200": _answer(
            "config, log and tick",
            {
                "session": _ID, "log_version": 1, "engine": "0123456789abcdef0123",
                "config": _CONFIG, "tick": 812,
                "log": [{"index": 1, "tick": 0, "command": _COMMAND, "idle": True}],
            },
        ),
        **_USUAL,
    },
}  # fmt: skip
COMMAND: dict[str, Any] = {
    "summary": "Give a command; ?wait=idle answers when every guest is idle",
    "security": [{"presenter": []}],
    "requestBody": _body(
        {
            "type": "object",
            "required": ["command"],
            "additionalProperties": False,
            "properties": {"command": {"oneOf": command_schemas(complete=False)}},
        },
        {"command": _COMMAND},
        required=True,
    ),
    "responses": {
        "200": _answer("it stands in the log, on the disk", {"index": 1, "tick": 0}),
        "400": _refused("no such command, or it does not fit these guests"),
        **_USUAL,
        "409": _refused("the guests will not be idle: a workload without end runs"),
    },
}
STATE: dict[str, Any] = {
    "summary": "The numbers of every design, now or at an earlier tick",
    "security": _BEARER,
    "responses": {
        "200": _answer("the state after every command of that tick", _STATE),
        "400": _refused("tick is no number"),
        **_USUAL,
        "404": _refused("no such session, or the tick lies in the future"),
        "429": _refused("too much is asked for at the moment"),
    },
}
EXPORT: dict[str, Any] = {
    "summary": "The session as a file: JSON lines (docs/SESSIONS.md); to play or to read it, HTML",
    "security": _BEARER,
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": text,
            "schema": {"type": kind},
        }
        for name, kind, text in (
            (
                "as",
                "string",
                "lines (default), html (docs/PLAYBACK.md; the rest is for it) or report",
            ),
            ("from", "integer", "first tick"),
            ("to", "integer", "last tick"),
            ("every", "integer", "one tick in so many"),
            ("designs", "string", "keys with commas; default: all"),
            ("charts", "string", "anything: with the library that draws the charts, 1.9 MB"),
            ("link", "string", "address of a fragscope that the file leads to"),
            ("yes", "string", "anything: also if the file is larger than 10 MB"),
        )
    ],
    "responses": {
        "200": {
            "description": "JSON lines, or the file",
            "content": {"application/jsonl": {}, "text/html": {}},
        },
        **_USUAL,
    },
}
IMPORT: dict[str, Any] = {
    "summary": "Make a session from such a file",
    "requestBody": {"required": True, "content": {"application/jsonl": {}}},
    "responses": {
        "201": CREATE["responses"]["201"],
        "400": _refused("the file cannot be read, or was altered"),
        "413": _refused("it is too large"),
        "503": _refused("the session could not be kept"),
    },
}
_MADE = CREATE["responses"]["201"]
COPY: dict[str, Any] = {
    "summary": "A session of one's own from a moment of this one",
    "security": _BEARER,
    "requestBody": _body({"type": "object"}, {"tick": 812, "index": 3}, required=False),
    "responses": {"201": _MADE, "400": _refused("there was no such moment"), **_USUAL},
}
CODE: dict[str, Any] = {
    "summary": "The code of six letters that stands for the viewer's link",
    "security": [{"presenter": []}],
    "requestBody": _body({"type": "object"}, {"viewer": _TOKEN[::-1]}, required=True),
    "responses": {"200": _answer("the same each time", {"code": "KQTMAR"}), **_USUAL},
}
QR: dict[str, Any] = {
    "summary": "A link as a QR code",
    "security": _BEARER,
    "requestBody": _body({"type": "object"}, {"link": "http://host/#s=…&t=…"}, required=True),
    "responses": {
        "200": {"description": "black on white", "content": {"image/svg+xml": {}}},
        **_USUAL,
    },
}
JOIN: dict[str, Any] = {
    "summary": "What a code stands for: a session and the token of its viewers",
    "requestBody": _body({"type": "object"}, {"code": "KQTMAR"}, required=True),
    "responses": {
        "200": _answer("who has these looks on", {"session": _ID, "viewer": _TOKEN[::-1]}),
        "400": _refused("it is no code"),
        "404": _refused("it is nobody's code"),
        "429": _refused("too many wrong codes were tried, by whomever"),
    },
}
REPLAY: dict[str, Any] = {
    "summary": "Play the log of another version's session under this simulator",
    "security": [{"presenter": []}],
    "responses": {"202": _answer("it is brought back", {"session": _ID}), **_USUAL},
}
SPREAD: dict[str, Any] = {
    "summary": "How much the numbers hang on the seed (docs/PROTOCOL.md)",
    "security": _BEARER,
    "responses": {"202": _answer("under way", {"state": "running", "done": 0}), **_USUAL},
}
ANSWERS: dict[str, Any] = {
    "summary": "Every answer of the session's questions, without names",
    "security": [{"presenter": []}],
    "responses": {
        "200": {"description": "a row for each answer and design", "content": {"text/csv": {}}},
        **_USUAL,
    },
}
WISH: dict[str, Any] = {
    "summary": "A guest in which a range were true, when the question was run; 20 s at most",
    "security": _BEARER,
    "requestBody": _body(
        {"type": "object"}, {"design": "pinned", "low": 20, "high": 40}, required=True
    ),
    "responses": {
        "200": _answer("the guest", {"tried": 7, "value": 26, "config": _CONFIG}),
        "400": _refused("no such design or range"),
        **_USUAL,
        "409": _refused("no question was run"),
        "429": _refused("one is being looked for"),
    },
}
SCHEMES: dict[str, Any] = {
    role: {"type": "http", "scheme": "bearer", "description": f"the session's {role} token"}
    for role in ("presenter", "viewer")
}
