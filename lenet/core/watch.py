"""A watch on parameters and code while a stage runs.

DVC notes the parameters and the code of a stage when the stage ends. If they change while it runs,
DVC would tie its results to parameters and code that did not make them.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lenet.core.errors import InputError
from lenet.core.params import flat, read


def while_unchanged(main: Callable[[], None]) -> Callable[[], None]:
    """Return `main`, which fails at its end if params.yaml or its code has changed meanwhile.

    Raises InputError with the names of the parameters or files that have changed.
    """

    def watched() -> None:
        before, code = _parameters(), _code()
        main()
        after = _parameters()
        names = [name for name in before | after if before.get(name) != after.get(name)]
        names += [path for path, time in _code().items() if code.get(path, time) != time]
        if names:
            raise InputError(
                f"changed while this stage ran: {', '.join(names)}. Its results are not kept, "
                "because DVC would tie them to what is there now. Type the same command again."
            )

    return watched


def _parameters() -> dict[str, Any]:
    """Return the parameters by their dotted names; none where there is no params.yaml."""
    path = Path("params.yaml")
    return flat(read(path)) if path.exists() else {}


def _code() -> dict[str, int]:
    """Return when each file of the project that is imported was changed, in nanoseconds."""
    root = Path.cwd()
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    own = (Path(file) for file in files if file)
    return {
        str(path.relative_to(root)): path.stat().st_mtime_ns
        for path in own
        if path.is_relative_to(root) and ".venv" not in path.parts and path.exists()
    }
