"""Start a command that the kernel stops when the process that started it dies.

python -m alerts.gateways.tether aefi web --port 8000
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the command."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("The process that wanted this command is gone.")
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the caller's own command, no shell


if __name__ == "__main__":
    main()
