"""Any bytes give a right result or one clear error, never a traceback.

`make fuzz` does the same for much longer. Files that once broke a reader stay in tests/fuzz/corpus.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import PACKERS, SEEDS, TARGETS, TEXTS
from tests.project import ROOT

CORPUS = Path(__file__).with_name("corpus")
TOKENS = b"-1 0 10 1e999 1e-999 nan inf 0x1 1_0 + 6.0000 : 1: 2147483648:1 -1:1 # \xef\xbb\xbf \xff"
SPACES = (b"\n", b"\r", b"\r\n", b" ", b"\t", b"\0", b"10 1000000000\n", b"9" * 400)
YAML_TOKENS = (b"\n", b": ", b"- ", b"&a ", b"*a", b"[", b"{", b"'", b"!!python/object:os.system ")


@st.composite
def edited(draw: st.DrawFn, origin: bytes, tokens: tuple[bytes, ...] = (b"",)) -> bytes:
    """Any bytes that a few edits make of `origin`."""
    content = origin
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(len(content), start + draw(st.integers(0, 8)))
        inserted = draw(st.binary(max_size=4) | st.sampled_from(tokens))
        content = content[:start] + inserted + content[stop:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@st.composite
def raw_files(draw: st.DrawFn) -> bytes:
    """A raw file, edited, perhaps compressed, and perhaps edited again."""
    text = draw(edited(draw(st.sampled_from(TEXTS)), (*TOKENS.split(), *SPACES)))
    return draw(edited(draw(st.sampled_from(PACKERS))(text)))


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.data())
def test_any_file_is_read_right_or_refused(scratch: Path, target: str, data: st.DataObject) -> None:
    tokens = YAML_TOKENS if target == "params" else (b"",)
    files = st.sampled_from(SEEDS[target]).flatmap(lambda seed: edited(seed, tokens))
    if target in ("raw", "inspect", "predict"):
        files |= raw_files() | st.binary(max_size=60)
    path = scratch / "file"
    path.write_bytes(data.draw(files))
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
    # libFuzzer finishes the changes to a file that it has begun.
    assert re.search(r"^Done 15\d\d runs", done.stderr, re.MULTILINE), done.stderr[-3000:]
