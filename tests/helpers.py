"""Shared by the tests of both raw formats."""

from pathlib import Path

import numpy as np
import pytest

from lenet.core.errors import InputError
from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.raw.records import Records


def read_raw(path: Path, content: str | bytes, layout: Layout) -> Records:
    """Write `content` to `path`, and return all records that are read from there."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    blocks = [block.check(layout) for block in formats.read_blocks(path, layout)]
    return Records(
        np.concatenate([block.labels for block in blocks]),
        np.concatenate([block.pixels for block in blocks]),
    )


def refused(path: Path, content: str | bytes, layout: Layout) -> tuple[str, str, str]:
    """Return place within the file, what was found and expected, of the error of a raw file."""
    with pytest.raises(InputError) as caught:
        read_raw(path, content, layout)
    error = caught.value
    assert str(error).startswith(str(path))
    assert error.place.file == path
    return error.place.inside, error.found, error.expected
