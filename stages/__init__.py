"""The stages of dvc.yaml: each reads parameters and files, calls lenet, and writes files."""

from lenet.core.interrupt import exit_at_once

exit_at_once()

import sys  # noqa: E402
from importlib.util import find_spec  # noqa: E402

# Users often run dvc outside the project's environment, where `python` is some other Python.
# Without this check the first import would end in a traceback.
if find_spec("numpy") is None or find_spec("ruamel") is None:
    sys.exit(
        f"error: {sys.executable} is not the project's Python: it lacks numpy or ruamel.yaml. "
        "Run `make setup` once, then activate the environment: . .venv/bin/activate"
    )
