"""The compiled core: what acts on pages. How it is compiled is the business of engine/core/jit."""

from engine.core.jit.decorate import IS_COMPILED, core_inline, core_jit
from engine.core.jit.sources import engine_digest

__all__ = ["IS_COMPILED", "core_inline", "core_jit", "engine_digest"]
