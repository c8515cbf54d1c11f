"""Files that claim more than they hold end in one clear error, soon, and in little memory."""

import gzip
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from tests.project import ROOT

MIB = 1 << 20
LAYOUT = Layout.of(side=2, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)


def refused(path: Path, content: bytes) -> str:
    """Return the error of a raw file, whose reading takes no more than 100 MiB."""
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as error:
            for _ in formats.read_blocks(path, LAYOUT):
                pass
        assert tracemalloc.get_traced_memory()[1] < 100 * MIB
    finally:
        tracemalloc.stop()
    return str(error.value)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_text_without_end_is_no_record(tmp_path: Path, packed: bool) -> None:
    for content, line in (
        (b"1" * 3 * MIB, 1),
        (b"3 0 0 0 0\n4 0 0" + b"\n" * 3 * MIB + b"0", 2),
        (b"3 1:0 2:0 3:0 4:0\n4 " + b" " * 3 * MIB + b"1:1", 2),
        (b"3 1:0 2:0\n# " + b"x" * 3 * MIB, 2),
    ):
        message = refused(tmp_path / "a", gzip.compress(content) if packed else content)
        assert f", line {line}: found " in message
        assert "bytes that make no whole record; expected " in message


def test_an_archive_that_unpacks_to_far_more_than_digits_is_refused(tmp_path: Path) -> None:
    content = b"3 1:0\n" + (b"# " + b"x" * 998 + b"\n") * 80_000
    assert "more than 200 times the size of" in refused(tmp_path / "a", gzip.compress(content))


def test_lines_that_state_nothing_take_memory_piece_by_piece(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"3 1:0\n" * 100_000)
    layout = Layout.of(side=64, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
    tracemalloc.start()
    count = sum(map(len, formats.read_blocks(tmp_path / "a", layout)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All images at once would take 3 GiB.
    assert count == 100_000
    assert peak < 150 * MIB


def test_lines_that_state_next_to_nothing_are_not_many_images(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(b"1 1:0\n" + b"1\n" * 1_000_000)
    with pytest.raises(InputError, match="images take more than 200 times the size of the file"):
        formats.read(path, LAYOUT.changed({"side": 64}))


CONVERT = """
import resource, sys
from pathlib import Path
import psutil
from lenet.raw import formats
from lenet.core.errors import run
from lenet.raw.layout import Layout
limit = psutil.Process().memory_info().data + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
layout = Layout.of(side=16, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
run(lambda: formats.convert([Path("a.txt")], Path("a.npz"), layout))
"""
IMAGES = 200_000
NPZ = IMAGES * 16 * 16 * 4


@pytest.mark.slow
def test_converting_takes_at_most_twice_the_npz(tmp_path: Path) -> None:
    # Each short line is an image: 20 MiB of text become 200 MiB of pixels.
    noise = np.random.default_rng(0).bytes(IMAGES * 45).hex().encode()
    text = b"".join(b"3 1:1 #%b\n" % noise[i : i + 90] for i in range(0, len(noise), 90))
    (tmp_path / "a.txt").write_bytes(text)
    for limit, fits in ((NPZ // 2, False), (2 * NPZ, True)):
        done = subprocess.run(
            [sys.executable, "-c", CONVERT, str(limit)],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (tmp_path / "a.npz").exists() == fits == (done.returncode == 0)
        assert fits or done.stderr.startswith("error: there is not enough memory (")
    assert (tmp_path / "a.npz").stat().st_size == pytest.approx(NPZ, rel=0.01)
