"""Make all results anew in a clone of the commit, and compare them with the committed results.

Data have the same bytes everywhere; networks and results have them on the same kind of processor.
On another kind MXNet adds up in another order, and training magnifies the difference. The network
then differs as much as with another seed, and its error rate has to be within `_TOLERANCE`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

# The largest difference of error rates: twice the range of ten seeds, docs/seeds.csv.
_TOLERANCE = 0.01
# The largest difference that ONNX Runtime makes on another kind of processor.
_ROUNDING = 1e-6
_FOLDERS = ("data/", "models/", "metrics/")


def main() -> None:
    """Compare, and fail where something differs that may not."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "lenet")
        subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True)
        expected, expected_results = hashes(clone), results(clone)
        # --force, so that nothing comes out of a cache.
        done = subprocess.run([sys.executable, "-m", "dvc", "repro", "--force"], cwd=clone)
        if done.returncode:
            sys.exit("error: `dvc repro` failed, see above.")
        verdict, fault = compare(expected, hashes(clone), expected_results, results(clone))
    print(verdict)
    sys.exit(fault)


def hashes(project: Path) -> dict[str, str]:
    """Return the md5 of all data, models and results by path, from dvc.lock."""
    stages = YAML(typ="safe").load(project / "dvc.lock")["stages"].values()
    files = [file for stage in stages for key in ("deps", "outs") for file in stage.get(key, ())]
    return {file["path"]: file["md5"] for file in files if file["path"].startswith(_FOLDERS)}


def results(project: Path) -> dict[str, float]:
    """Return metrics/test.json."""
    headline: dict[str, float] = json.loads((project / "metrics/test.json").read_text())
    return headline


def compare(
    expected: dict[str, str],
    found: dict[str, str],
    expected_results: dict[str, float],
    found_results: dict[str, float],
) -> tuple[str, bool]:
    """Return a message about the hashes and results, and whether there is a fault."""
    differing = [path for path in expected if found.get(path) != expected[path]]
    lines = [f"{'differs' if path in differing else 'same   '}  {path}" for path in expected]
    if not differing:
        return "\n".join([*lines, f"All {len(lines)} files are the same to the byte."]), False
    found_rate, expected_rate = (each["error_rate"] for each in (found_results, expected_results))
    rates = f"error rate {found_rate:.4f}, committed {expected_rate:.4f}"
    if any(path.startswith("data/") for path in differing):
        lines.append("error: the data differ; they have to be the same everywhere.")
    elif differing == ["metrics/test.json"] and all(
        abs(found_results[name] - value) < _ROUNDING for name, value in expected_results.items()
    ):
        lines.append(
            "The network is the same to the byte. The log loss has other last digits, because "
            "ONNX Runtime computes with other instructions on this kind of processor."
        )
        return "\n".join(lines), False
    elif not any(path.startswith("models/") for path in differing):
        lines.append("error: the same network gives other results; metrics/ may not be committed.")
    elif abs(found_rate - expected_rate) > _TOLERANCE:
        lines.append(f"error: {rates}; expected a difference of at most {_TOLERANCE:g}.")
    else:
        lines.append(
            f"The data are the same to the byte, the network is not: {rates}, within "
            f"{_TOLERANCE:g}. This is right if the processor is of another kind, or the packages "
            "have other versions, than for the committed results; otherwise it is a fault."
        )
        return "\n".join(lines), False
    return "\n".join(lines), True


if __name__ == "__main__":
    main()
