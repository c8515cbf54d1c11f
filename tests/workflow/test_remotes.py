"""Data, experiments and the exported network, on their way out of the project and back.

S3 and SSH are real servers on loopback.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow
ADD = "dvc remote add --default storage"


@contextmanager
def folder(project: Project, storage: Path) -> Iterator[None]:
    """A folder, such as a mounted file server has."""
    project.run(f"{ADD} {storage}")
    yield


@contextmanager
def s3(project: Project, storage: Path) -> Iterator[None]:
    """A bucket of a private S3 server."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "tester")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket=storage.name)
        project.run(f"{ADD} s3://{storage.name}/lenet")
        project.run(f"dvc remote modify storage endpointurl {address}")
        yield
    server.stop()


@contextmanager
def ssh(project: Project, storage: Path) -> Iterator[None]:
    """A folder of another machine that is reached by SSH with a key."""
    import asyncssh

    key = storage.with_name("key")
    own, host = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    own.write_private_key(key)
    own.write_public_key(f"{key}.pub")
    options = {"server_host_keys": [host], "authorized_client_keys": f"{key}.pub"}
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    listening = asyncssh.listen("127.0.0.1", 0, sftp_factory=True, **options)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result()
    project.run(f"{ADD} ssh://tester@127.0.0.1{storage}")
    project.run(f"dvc remote modify storage port {server.get_port()}")
    project.run(f"dvc remote modify storage keyfile {key}")
    yield
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)


Storage = Callable[[Project, Path], AbstractContextManager[None]]


@pytest.mark.parametrize("storage", [folder, s3, ssh], ids=lambda kind: kind.__name__)
def test_results_networks_and_experiments_are_shared(
    branched: Project, tmp_path: Path, storage: Storage
) -> None:
    with storage(branched, tmp_path / "storage"):
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
