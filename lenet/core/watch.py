"""A watch on parameters and code while a stage runs.

DVC notes the parameters and the code of a stage when the stage ends. If they change while it runs,
DVC would tie its results to parameters and code that did not make them.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from lenet.core.errors import InputError
from lenet.core.params import flat, read


def while_unchanged(main: Callable[[], None]) -> Callable[[], None]:
    """Return `main`, which fails at its end if params.yaml or its code has changed meanwhile.

    Raises InputError with the names of the parameters or files that have changed.
    """

    def watched() -> None:
        before = _state()
        main()
        after = _state()
        if names := [name for name, value in before.items() if after.get(name) != value]:
            raise InputError(
                "",
                f"changed while this stage ran: {', '.join(names)}",
                advice="Its results are not kept, because DVC would tie them to what is there now. "
                "Type the same command again.",
            )

    return watched


def _state() -> dict[str, object]:
    """Return each parameter by its dotted name, and the time of change of each imported file."""
    params, root = Path("params.yaml"), Path.cwd()
    state = flat(read(params)) if params.exists() else {}
    for module in list(sys.modules.values()):
        path = Path(getattr(module, "__file__", None) or "")
        if path.is_relative_to(root) and ".venv" not in path.parts and path.exists():
            state[str(path.relative_to(root))] = path.stat().st_mtime_ns
    return state
