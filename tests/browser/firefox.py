"""The Firefox of this machine by WebDriver BiDi: no driver between, only its own socket."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.sync.client import ClientConnection, connect

# It must talk to nobody but the page's server, and show no page of its own.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.newtabpage.enabled": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
ANSWER_S = 120  # a loaded machine simulates slowly; conditions are waited for within the page
WAIT_S = 100  # for a condition: less, so that the page itself says what was wrong
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "ArrowUp": "\ue013"}


def executable() -> str:
    """Path of the browser that the system has installed."""
    for name in ("firefox-esr", "firefox"):
        path = shutil.which(name)
        if path:
            return path
    raise FileNotFoundError("no Firefox on this machine: apt-get install firefox-esr")


class Firefox:
    """One headless window with a profile of its own, driven by commands of WebDriver BiDi.

    Attributes:
        errors: what its pages have logged as errors, exceptions included.
    """

    def __init__(self, width: int, height: int) -> None:
        self.errors: list[str] = []
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items())
        Path(self._profile.name, "user.js").write_text("\n".join(lines))
        self._process = subprocess.Popen(
            [
                *(executable(), "--headless", "--no-remote", "--profile", self._profile.name),
                *("--remote-debugging-port", "0"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._last = 0
        self._closing = ExitStack()
        self._closing.callback(self._end)
        self._socket: ClientConnection = self._closing.enter_context(
            connect(f"{self._address()}/session", max_size=None)
        )
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        tree = self.ask("browsingContext.getTree", maxDepth=0)
        self._context: str = tree["contexts"][0]["context"]
        self.ask(
            "browsingContext.setViewport",
            context=self._context,
            viewport={"width": width, "height": height},
        )

    def _address(self) -> str:
        stderr = self._process.stderr
        assert stderr
        said = []
        for line in stderr:
            said.append(line)
            found = LISTENING.search(line)
            if found:
                # It goes on talking; a full pipe would stop it.
                self._talk = threading.Thread(target=stderr.read, daemon=True)
                self._talk.start()
                return found[1]
        raise AssertionError(f"Firefox ended at start:\n{''.join(said)}")

    def __enter__(self) -> Firefox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._talk.join()
        assert self._process.stderr
        self._process.stderr.close()
        self._profile.cleanup()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One command; its result. Events on the way are kept if they are errors of a page."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=ANSWER_S))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(message["params"]["text"])
            if message.get("id") == self._last:
                assert message["type"] == "success", message
                return dict(message["result"])

    def open(self, url: str) -> None:
        """Go to an address and wait until it has loaded."""
        self.ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def read(self, expression: str) -> Any:
        """The value of an expression in the page, as JSON; a promise is waited for."""
        answer = self.ask(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((v) => JSON.stringify(v ?? null))",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def until(self, condition: str, shown: str = "null") -> None:
        """Until an expression is true; it is looked at whenever the page has painted.

        If it never is, the error says how often was looked and what `shown` is then.
        """
        told = self.read(
            "new Promise((done) => { let looks = 0;"
            f" const late = setTimeout(() => done({{looks, shown: {shown}}}), {WAIT_S} * 1000);"
            f" const look = () => {{ looks += 1; if (!({condition})) requestAnimationFrame(look);"
            " else { clearTimeout(late); done(true); } }; look(); })"
        )
        assert told is True, f"never true: {condition}; {told}; errors: {self.errors}"

    def press(self, *keys: str) -> None:
        """Keys of the keyboard, one after the other: names as in KEYS, or what they type."""
        actions = [
            {"type": kind, "value": KEYS.get(key, key)}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self.ask("input.performActions", context=self._context, actions=[source])

    def wheel(self, x: int, y: int, turns: int) -> None:
        """Turn the wheel over a point, toward the map."""
        actions = [
            {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": -100} for _ in range(turns)
        ]
        source = {"type": "wheel", "id": "wheel", "actions": actions}
        self.ask("input.performActions", context=self._context, actions=[source])

    def click(self, x: int, y: int) -> None:
        """Press the mouse's first button at a point."""
        actions = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        source = {"type": "pointer", "id": "mouse", "actions": actions}
        self.ask("input.performActions", context=self._context, actions=[source])

    def picture(self) -> str:
        """The window as a PNG, in base64."""
        shot = self.ask("browsingContext.captureScreenshot", context=self._context)
        return str(shot["data"])
