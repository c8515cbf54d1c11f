"""Any bytes give a right result or one clear error, never a traceback.

`make fuzz` does the same for much longer. Files that once broke a reader stay in tests/fuzz/corpus.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.seeds import PACKERS, PICTURES, TEXTS, model, npz_file
from tests.fuzz.targets import TARGETS
from tests.project import ROOT

CORPUS = Path(__file__).with_name("corpus")
TOKENS = (
    *(b"-1", b"0", b"10", b"1e999", b"1e-999", b"nan", b"inf", b"0x1", b"1_0", b"+", b"6.0000"),
    *(b":", b"1:", b"2147483648:1", b"-1:1", b"#", b"\n", b"\r", b"\r\n", b" ", b"\t", b"\0"),
    *(b"\xef\xbb\xbf", b"\xff", b"10 1000000000\n", b"9" * 400),
)


@st.composite
def edited(draw: st.DrawFn, origin: bytes, tokens: tuple[bytes, ...] = ()) -> bytes:
    """Any bytes that a few edits make of `origin`."""
    content = origin
    inserted = st.binary(max_size=4)
    if tokens:
        inserted |= st.sampled_from(tokens)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(len(content), start + draw(st.integers(0, 8)))
        content = content[:start] + draw(inserted) + content[stop:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@st.composite
def raw_files(draw: st.DrawFn) -> bytes:
    """A raw file, edited, perhaps compressed, and perhaps edited again."""
    text = draw(edited(draw(st.sampled_from(TEXTS)), TOKENS))
    return draw(edited(draw(st.sampled_from(PACKERS))(text)))


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "file")


YAML_TOKENS = (b"\n", b": ", b"- ", b"&a ", b"*a", b"[", b"{", b"'", b"!!python/object:os.system ")
PICTURE_FILES = st.sampled_from(PICTURES).flatmap(edited)
FILES = {
    "raw": raw_files() | st.binary(max_size=60),
    "picture": PICTURE_FILES | st.binary(max_size=60),
    "npz": edited(npz_file()),
    "params": edited((ROOT / "params.yaml").read_bytes(), YAML_TOKENS),
    "model": edited(model()),
    "predict": raw_files() | PICTURE_FILES | edited(npz_file()),
    "inspect": raw_files() | edited(npz_file()),
}


@pytest.mark.parametrize("target", FILES)
@given(data=st.data())
def test_any_file_is_read_right_or_refused(path: Path, target: str, data: st.DataObject) -> None:
    path.write_bytes(data.draw(FILES[target]))
    TARGETS[target](path)


@pytest.mark.parametrize(
    "file", sorted(CORPUS.glob("*/*")), ids=lambda file: f"{file.parent.name}-{file.name}"
)
def test_what_once_broke_a_reader_no_longer_does(tmp_path: Path, file: Path) -> None:
    # Some checks write beside the file.
    path = tmp_path / "file"
    path.write_bytes(file.read_bytes())
    TARGETS[file.parent.name](path)


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info < (3, 11),
    reason="atheris has wheels for Linux and Python 3.11 or later alone",
)
# `predict` reads every other kind of file.
@pytest.mark.parametrize("target", ["predict", "params", "model"])
def test_libfuzzer_finds_nothing_in_a_short_while(tmp_path: Path, target: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", target, "-runs=1500", "-seed=1"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 1500 runs" in done.stderr
