"""The stages of dvc.yaml: each reads parameters and files, calls lenet, and writes files."""

import signal
import sys
from importlib.util import find_spec

# A Ctrl-C ends a stage at once, as the system does: Python would raise KeyboardInterrupt, and drop
# it where it comes while MXNet deletes an array. An ignored Ctrl-C stays ignored.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

# Users often run dvc outside the project's environment, where `python` is some other Python.
# Without this check the first import would end in a traceback.
if find_spec("numpy") is None or find_spec("ruamel") is None:
    sys.exit(
        f"error: {sys.executable} is not the project's Python: it lacks numpy or ruamel.yaml. "
        "Run `make setup` once, then activate the environment: . .venv/bin/activate"
    )
