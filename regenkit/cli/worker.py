"""`python -m regenkit.cli.worker ARGUMENTS`: one of the processes that `launch` starts.

The command line, and a thread that ends this process and its children when the launcher has ended.
"""

import os
import signal
import threading

from regenkit.cli.main import main


def _end_with_launcher() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_launcher, daemon=True).start()
    main()
