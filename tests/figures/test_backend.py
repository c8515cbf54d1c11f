"""Pictures in the environments that people have."""

import os
import subprocess
import sys

from tests.project import ROOT


def test_the_backend_of_jupyter_is_not_asked_for() -> None:
    code = "import stages.evaluate, matplotlib; print(matplotlib.get_backend())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.lower() == "agg\n"
