import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.compression import read_pieces
from lenet.raw.layout import Layout

TEXT = bytes(range(256)) * 40


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_pieces_make_the_whole_and_none_is_too_long(
    tmp_path: Path, compress: Callable[[bytes], bytes], size: int
) -> None:
    path = tmp_path / "a"
    path.write_bytes(compress(TEXT[:5000]) + compress(TEXT[5000:]))
    with path.open("rb") as file:
        pieces = list(read_pieces(path, file, size))
    assert b"".join(pieces) == TEXT
    assert max(map(len, pieces)) <= size


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_each_cut_is_noticed(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a"
    whole = compress(b"6 0 0 0 0")
    for length in range(7, len(whole)):
        path.write_bytes(whole[:length])
        with (
            path.open("rb") as file,
            pytest.raises(InputError, match="a: cannot be read, broken or cut short"),
        ):
            list(read_pieces(path, file, 1000))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_short_first_stream_does_not_hide_the_format(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(compress(b"6 ") + compress(b"1:1 2:2\n3 1:2\n"))
    digits = formats.read(
        path, Layout(side=2, pixel_range=(0, 2), first_label=0, first_index=1, classes=10)
    ).data
    assert digits.labels.tolist() == [6, 3]
