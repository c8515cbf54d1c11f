"""A page of characters to check: the user gives each a label, or leaves it out."""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.raw.layout import Layout
from lenet.raw.relabel import COLUMNS, LEFT_OUT
from lenet.report.page import template


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
        # With more than 8 bits, a page of thousands of characters would be twice as large.
        "levels": base64.b64encode(zlib.compress(np.round(255 * images).astype("u1"))).decode(),
    }
    # The browser keeps the progress of each page by this name.
    page["key"] = hashlib.blake2b(json.dumps(page).encode(), digest_size=16).hexdigest()
    return template("review.html.jinja", autoescape=True).render(page=page)
