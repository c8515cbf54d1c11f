"""What tests of both raw formats do."""

from pathlib import Path

import numpy as np

from lenet.raw import formats
from lenet.raw.layout import Layout
from lenet.raw.records import Records


def read_raw(path: Path, content: str | bytes, layout: Layout) -> Records:
    """Write `content` to `path`, and return all records that are read from there."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    blocks = list(formats.read_records(path, layout))
    return Records(
        np.concatenate([block.labels for block in blocks]),
        np.concatenate([block.pixels for block in blocks]),
    )
