"""A page of characters to check: the user gives each a label, or leaves it out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.core.npz import FULL_LEVEL, levels
from lenet.raw.layout import Layout
from lenet.raw.relabel import COLUMNS, LEFT_OUT
from lenet.report.page import packed, template


def render(
    images: NDArray[np.float32],
    characters: Sequence[Mapping[str, Any]],
    classes: Sequence[str | int],
    layout: Layout,
    file: str = "",
) -> str:
    """Return the page, HTML, which needs no other file.

    Args:
        images: (n, side, side) in [0, 1], in the order of the page.
        characters: for each image label, the class from 0 that stands if the user confirms it;
            note, what makes it doubtful; sure, if nothing does; title, where it is from; and, of a
            file, place and hash.
        classes: the names of the classes, or their numbers.
        layout: of the raw file that the page saves.
        file: the raw file that the page saves corrections for; "" if it saves a raw file.
    """
    page: dict[str, Any] = {
        "characters": characters,
        "classes": [*map(str, classes)],
        "layout": layout.model_dump(),
        "file": file,
        "columns": COLUMNS,
        "left_out": LEFT_OUT,
        # An image keeps its content's hash, so that it stays equal to itself in other files.
        "full": FULL_LEVEL,
        "levels": packed(levels(images).astype("<u2")),
    }
    # The browser keeps the progress of each page by this name.
    page["key"] = hashlib.blake2b(json.dumps(page).encode(), digest_size=16).hexdigest()
    return template("review.html.jinja", autoescape=True).render(page=page)
