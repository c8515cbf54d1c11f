"""A project in a folder of its own, in which tests type what users type."""

import csv
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from dvc.utils.serialize import modify_yaml

ROOT = Path(__file__).parents[1]
TRAIN_FILE, TEST_FILE = "data/sources/digits/train.jf", "data/sources/digits/test.txt"
# A recipe that trains in two seconds and gets more than nine of ten test images right.
SMALL = {
    "train_file": TRAIN_FILE,
    "test_file": TEST_FILE,
    "network.image_size": 16,
    "batch_size": 32,
    "epochs": 5,
}
# The pictures that the workflow makes, as the report names them.
PICTURES = re.findall(r"- metrics/(\S+\.png):", (ROOT / "dvc.yaml").read_text())
# The stages in the order of the flow. DVC runs those that do not depend on each other in any order.
TRAINED = ["train", "export", "evaluate", "draw", "report"]
STAGES = ["convert@train", "convert@test", *TRAINED]


class Project:
    """A clone of the project in a folder of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def copy(self, path: Path) -> "Project":
        """Copy everything to `path`."""
        return Project(shutil.copytree(self.path, path, symlinks=True))

    def run(self, command: str, *, fails: bool = False) -> str:
        """Type `command`, which has to succeed, or to fail if `fails`; return what it prints."""
        # Files, because the workers of `dvc queue start` would keep pipes open.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(
                shlex.split(command), cwd=self.path, stdout=out, stderr=err, check=False
            )
            for file in (out, err):
                file.seek(0)
            output = out.read() + err.read()
        assert (done.returncode != 0) == fails, output
        assert "Traceback" not in output, output
        return output

    @contextmanager
    def started(self, command: str) -> "Iterator[subprocess.Popen[str]]":
        """Type `command` beside what is done in the `with` block, which waits for its end.

        All that is printed is in one pipe. If the block fails, all that the command started is
        killed, and nothing waits for it.
        """
        with subprocess.Popen(
            shlex.split(command),
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise

    def ran(self, command: str) -> list[str]:
        """Type `command`; return the stages that DVC runs, in the order of `STAGES`."""
        ran = re.findall(r"^Running stage '(.+)':$", self.run(command), re.M)
        return sorted(ran, key=STAGES.index)

    def repro(self) -> list[str]:
        """Type `dvc repro`; return the stages that it runs."""
        return self.ran("dvc repro")

    def status(self) -> dict[str, list]:
        """Type `dvc status`; return what has changed of each stage."""
        return json.loads(self.run("dvc status --json"))

    def table(self, command: str) -> list[dict[str, str]]:
        """Type `command`, which prints CSV; return its rows."""
        return list(csv.DictReader(io.StringIO(self.run(command))))

    def csv(self, path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO((self.path / path).read_text())))

    def json(self, path: str) -> dict:
        return json.loads((self.path / path).read_text())

    def set(self, params: Mapping[str, object]) -> None:
        """Change params.yaml as DVC does, with its comments; `group.name` is a name in a group."""
        with modify_yaml(self.path / "params.yaml") as values:
            for name, value in params.items():
                group, _, key = name.rpartition(".")
                (values[group] if group else values)[key] = value

    def hashes(self) -> dict[str, str]:
        """Return the sha256 of every data file, model and result."""
        folders = ("data/npz", "models", "metrics")
        files = [f for folder in folders for f in (self.path / folder).rglob("*") if f.is_file()]
        return {
            str(file.relative_to(self.path)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
        }

    def commit(self, message: str) -> None:
        self.run("git add --all")
        self.run(f"git commit --quiet --message {message}")
