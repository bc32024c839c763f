"""What server/api/ws_protocol.py relies on in uvicorn and websockets, from the sources of each.

Neither promises any of it: what a new version must still have are the names in our code.
"""

import ast
import asyncio
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol

from server.api import ws_protocol

OURS = inspect.getsource(ws_protocol)
UVICORN = inspect.getsource(WebSocketsSansIOProtocol)
WEBSOCKETS = "\n".join(inspect.getsource(cls) for cls in ServerProtocol.__mro__[:-1])


@dataclass
class Names:
    """Of one or several classes.

    Attributes:
        methods: name → parameters.
        stored: attributes that are given to ``self``.
        used: attributes of ``self`` that are read, called ones included.
        of_conn: attributes of ``self.conn`` that are read.
    """

    methods: dict[str, tuple[str, ...]]
    stored: set[str]
    used: set[str]
    of_conn: set[str]


def _attributes(tree: ast.AST, owner: str) -> Iterator[ast.Attribute]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == owner:
            yield node


def names_in(source: str) -> Names:
    """The names that a source of classes defines and uses."""
    tree = ast.parse(source)
    methods = {
        node.name: tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))
        for each in ast.walk(tree) if isinstance(each, ast.ClassDef)
        for node in each.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }  # fmt: skip
    own = list(_attributes(tree, "self"))
    stored = {node.attr for node in own if isinstance(node.ctx, ast.Store)}
    used = {node.attr for node in own if isinstance(node.ctx, ast.Load)}
    return Names(methods, stored, used, {node.attr for node in _attributes(tree, "self.conn")})


def moved(uvicorn: str = UVICORN, websockets: str = WEBSOCKETS) -> list[str]:
    """What ours relies on and theirs has not, as words; empty if all is where it was.

    Args:
        uvicorn: source of its protocol.
        websockets: source of its connection and the classes that it is made of.
    """
    ours, theirs, conn = names_in(OURS), names_in(uvicorn), names_in(websockets)
    found = []
    for name, parameters in ours.methods.items():
        if name.startswith("_"):
            continue
        if name not in theirs.methods:
            found.append(f"its method {name} is gone")
        elif theirs.methods[name] != parameters:
            found.append(f"its method {name} takes {', '.join(theirs.methods[name])}")
        elif name not in theirs.used and not hasattr(asyncio.Protocol, name):
            found.append(f"it does not call {name} any more")
    for name in sorted((ours.used | ours.stored) - ours.methods.keys()):
        if not name.startswith("_") and name not in theirs.stored | theirs.methods.keys():
            found.append(f"its attribute {name} is gone")
    for name in sorted(ours.of_conn):
        if name not in conn.stored and name not in conn.methods:
            found.append(f"the attribute {name} of a connection of websockets is gone")
    return found
