"""What goes out of the project and comes in: data, experiments, the exported network."""

import functools
import http.server
import threading
from pathlib import Path

from tests.project import Project


def test_a_remote_brings_everything_to_a_fresh_clone(project: Project, tmp_path: Path) -> None:
    project.run(f"dvc remote add --default storage {tmp_path / 'storage'}")
    project.commit("remote")
    project.run("dvc push")
    clone = Project(tmp_path / "clone")
    project.run(f"git clone --quiet {project.path} {clone.path}")
    # Of everything, and not of the workflow alone, dvc would miss the sources never used.
    clone.run("dvc pull --with-deps report")
    assert clone.repro() == []
    assert clone.hashes() == project.hashes()
    assert clone.run("git status --porcelain") == ""


def test_a_remote_is_read_over_http(project: Project, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    project.run(f"dvc remote add --default storage {storage}")
    project.run("dvc push")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(storage))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        project.run(f"dvc remote modify storage url http://127.0.0.1:{server.server_port}")
        project.commit("remote")
        clone = Project(tmp_path / "clone")
        project.run(f"git clone --quiet {project.path} {clone.path}")
        clone.run("dvc pull --with-deps report")
        server.shutdown()
    assert clone.repro() == []
    assert clone.hashes() == project.hashes()


def test_an_experiment_is_handed_on(branched: Project, tmp_path: Path) -> None:
    branched.run("git clone --quiet --bare . origin.git")
    branched.run("git remote add origin origin.git")
    branched.run(f"dvc remote add --default storage {tmp_path / 'storage'}")
    branched.commit("remote")
    branched.run("git push --quiet origin feature")
    branched.run("dvc push")
    # The results of main are in the run cache: nothing has to be trained.
    branched.run("dvc exp run --temp --name back -S lr=0.05")
    branched.run("dvc exp push origin back")

    clone = Project(tmp_path / "clone")
    branched.run(f"git clone --quiet --branch feature origin.git {clone.path}")
    clone.run("dvc exp pull origin back")
    # Not `dvc exp apply`, which checks out everything: it would miss the sources never used.
    clone.run("dvc exp branch back tried")
    clone.run("git checkout --quiet tried")
    clone.run("dvc pull --with-deps report")
    assert "\nlr: 0.05\n" in (clone.path / "params.yaml").read_text()
    assert clone.repro() == []


def test_another_project_imports_the_exported_network(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    other.path.mkdir()
    other.run("git init --quiet")
    other.run("dvc init --quiet")
    other.run(f"dvc import {project.path} models/lenet.onnx --rev main --out digits.onnx")
    network = (project.path / "models/lenet.onnx").read_bytes()
    assert (other.path / "digits.onnx").read_bytes() == network
    assert (
        f"rev_lock: {project.run('git rev-parse main').strip()}"
        in (other.path / "digits.onnx.dvc").read_text()
    )


def test_the_exported_network_comes_by_revision_or_version(project: Project) -> None:
    network = (project.path / "models/lenet.onnx").read_bytes()
    project.run("git tag --annotate --message first lenet@v1.0.0")
    project.run("dvc artifacts get . lenet --rev v1.0.0 --out registered.onnx")
    project.run("dvc get . models/lenet.onnx --rev main --out other.onnx")
    assert (project.path / "registered.onnx").read_bytes() == network
    assert (project.path / "other.onnx").read_bytes() == network
