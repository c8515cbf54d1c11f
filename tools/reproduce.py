"""Make all results anew in a clone of the commit, and compare them with the committed ones."""

import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

_FOLDERS = ("data/", "models/", "metrics/")


def main() -> None:
    """Compare, and fail where a file differs."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "lenet")
        subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True)
        committed = hashes(clone)
        # The cache brings the user's own raw files; --force makes all others anew.
        dvc = [sys.executable, "-m", "dvc"]
        subprocess.run(
            [*dvc, "cache", "dir", "--local", root / ".dvc/cache"], cwd=clone, check=True
        )
        subprocess.run([*dvc, "checkout", "--quiet"], cwd=clone, stderr=subprocess.DEVNULL)
        if subprocess.run([*dvc, "repro", "--force"], cwd=clone).returncode:
            sys.exit("error: `dvc repro` failed, see above.")
        made = hashes(clone)
    differing = [path for path, md5 in committed.items() if made.get(path) != md5]
    for path in committed:
        print("differs" if path in differing else "same   ", path)
    if differing:
        sys.exit(
            f"error: {len(differing)} of {len(committed)} files differ from the committed ones; "
            "expected the same bytes on every x86-64 processor. Was dvc.lock committed after the "
            "last change, with these versions of the packages?"
        )
    print(f"All {len(committed)} files are the same to the byte.")


def hashes(project: Path) -> dict[str, str]:
    """Return the md5 of all data, models and results by path, from dvc.lock."""
    stages = YAML(typ="safe").load(project / "dvc.lock")["stages"].values()
    files = [file for stage in stages for key in ("deps", "outs") for file in stage.get(key, ())]
    return {file["path"]: file["md5"] for file in files if file["path"].startswith(_FOLDERS)}


if __name__ == "__main__":
    main()
