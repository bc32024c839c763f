"""The process that compiles: a name comes in on stdin, and goes out on stdout when it is done."""

import os
import signal
import sys


def main() -> int:
    """Compile until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which ends this one
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may speak on that pipe
    from engine.core.precompile import compile_function

    for line in sys.stdin:
        compile_function(line.strip())
        out.write(line)
        out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
