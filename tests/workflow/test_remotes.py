"""Data, experiments and the exported network, on their way out of the project and back."""

from pathlib import Path

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow


def test_results_networks_and_experiments_are_shared(branched: Project, tmp_path: Path) -> None:
    branched.run(f"dvc remote add --default storage {tmp_path}/storage")
    branched.commit("remote")
    branched.run("git clone --quiet --bare . origin.git")
    branched.run("git remote add origin origin.git")
    branched.run("dvc push")
    # The results of main are in the run cache: nothing has to be computed.
    branched.run("dvc exp run --temp --name back -S test_shift=0.09")
    branched.run("dvc exp push origin back")

    clone = Project(tmp_path / "clone")
    branched.run(f"git clone --quiet --branch feature origin.git {clone.path}")
    clone.run("dvc pull")
    assert clone.repro() == []
    assert clone.hashes() == branched.hashes()
    assert clone.run("git status --porcelain") == ""

    clone.run("dvc exp pull origin back")
    clone.run("dvc exp branch back tried")
    clone.run("git checkout --quiet tried")
    clone.run("dvc pull")
    assert "\ntest_shift: 0.09\n" in (clone.path / "params.yaml").read_text()
    assert clone.repro() == []

    # Another project takes the network by its path, under another name.
    other = Project(tmp_path / "other")
    other.path.mkdir()
    other.run("git init --quiet")
    other.run("dvc init --quiet")
    origin = branched.path / "origin.git"
    network = (branched.path / "models/lenet.onnx").read_bytes()
    for command in ("get", "import"):
        other.run(f"dvc {command} {origin} models/lenet.onnx --rev feature --out {command}")
        assert (other.path / command).read_bytes() == network


def test_a_version_of_the_exported_network_is_registered_by_a_tag(project: Project) -> None:
    project.run("git tag --annotate --message first lenet@v1.0.0")
    project.run("dvc artifacts get . lenet --rev v1.0.0 --out registered.onnx")
    network = (project.path / "models/lenet.onnx").read_bytes()
    assert (project.path / "registered.onnx").read_bytes() == network


@pytest.mark.parametrize(
    ("scheme", "refusal"), [("s3", "Unable to locate credentials"), ("ssh", "Connect call failed")]
)
def test_the_storage_of_the_docs_needs_no_other_package(
    project: Project, scheme: str, refusal: str
) -> None:
    project.run(f"dvc remote add --default storage {scheme}://127.0.0.1:1/lenet")
    assert refusal in project.run("dvc push", fails=True)
