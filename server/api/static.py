"""The page's own files and plotly.js: what is served, compressed how, and kept how long."""

import asyncio
import gzip
import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

SERVED_SUFFIXES = frozenset(
    {".html", ".css", ".js", ".svg", ".png", ".ico", ".woff2", ".webmanifest"}
)

# Plotly adds two style elements: an empty one that it fills by script, and that of its maps (unused
# here; the hash changes with plotly's version, and a browser's console names the new one).
_PLOTLY_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
)


def security_headers(frame_ancestors: str) -> dict[str, str]:
    """Headers of every answer.

    Args:
        frame_ancestors: who may show the page in a frame, as the policy wants it.
    """
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; style-src 'self' {' '.join(_PLOTLY_STYLES)};"
            # Plotly's download button makes images of data: and blob: addresses.
            " img-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
            f" form-action 'self'; frame-ancestors {frame_ancestors}"
        ),
        "X-Content-Type-Options": "nosniff",
        # The address has tokens in it: it goes nowhere.
        "Referrer-Policy": "no-referrer",
    }


class PageFiles(StaticFiles):
    """The folder web/ without what only its developers need; asked for anew, answered by ETag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, a 304, or a 404."""
        parts = Path(path).parts
        is_ours = path == "." or Path(path).suffix in SERVED_SUFFIXES
        if (
            not is_ours
            or "node_modules" in parts
            or any(p.startswith(".") for p in parts if p != ".")
        ):
            raise HTTPException(404, "no such file")
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Script:
    """One large file, compressed once and kept in memory."""

    def __init__(self, path: Path) -> None:
        """Read and compress: about half a second for plotly.js, so not on the event loop."""
        self._plain = path.read_bytes()
        self._packed = gzip.compress(self._plain, 6, mtime=0)
        self.version = hashlib.blake2b(self._plain, digest_size=6).hexdigest()

    def response(self, request: Request) -> Response:
        """The script as ``request`` can take it; kept for a year if it is asked for by version."""
        headers = {
            "ETag": f'"{self.version}"',
            "Vary": "Accept-Encoding",
            "Cache-Control": "no-cache",
        }
        if request.query_params.get("v"):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        if f'"{self.version}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = self._plain
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = self._packed
        return Response(body, media_type="text/javascript", headers=headers)


class LateScript:
    """A Script that is made when it is first asked for: no start need wait for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._script: asyncio.Future[Script] | None = None

    async def response(self, request: Request) -> Response:
        """The script as ``request`` can take it; every request waits for the same one."""
        if self._script is None:
            loop = asyncio.get_running_loop()
            self._script = loop.run_in_executor(None, Script, self._path)
        return (await asyncio.shield(self._script)).response(request)
