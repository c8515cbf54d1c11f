"""The base of all pictures: a blank figure, images side by side, and a PNG file."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from lenet.core.files import whole_file

# A user's own matplotlibrc must not change the bytes of a picture.
mpl.rcdefaults()
mpl.rcParams |= {"font.size": 8, "axes.titlesize": 9, "figure.titlesize": 9}
mpl.rcParams |= {"lines.linewidth": 1, "lines.markersize": 4, "axes.linewidth": 0.5}
mpl.rcParams["figure.constrained_layout.hspace"] = 0.06
# Small text, in points. A page of text is 4.2 inches wide, so that a phone shows text of 9 pixels.
SMALL = 7


def blank(height: float, width: float = 4.2) -> Figure:
    """Return an empty figure; sizes are in inches of 200 pixels, and 4.2 is a page of text."""
    return Figure(figsize=(width, height), dpi=200, layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG, whole or not at all; the bytes depend on the figure alone.

    Raises InputError where the file cannot be written.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    # A third of the bytes of full colours.
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(128)
    with whole_file(path) as file:
        picture.save(file, "PNG", optimize=True)


def mosaic(images: NDArray) -> NDArray:
    """Return images side by side as a single image, with a frame of NaN around each.

    Args:
        images: (rows, columns, height, width).

    Returns (rows * (height + 2), columns * (width + 2)).
    """
    rows, columns, height, width = images.shape
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    return framed.transpose(0, 2, 1, 3).reshape(rows * (height + 2), columns * (width + 2))


def shortened(name: object, most: int = 12) -> str:
    """Return the name of a class in at most so many letters."""
    text = str(name)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def hide_axes(axes: Axes) -> None:
    """Remove the ticks and the frame of `axes`, so that only an image is left."""
    axes.set(xticks=[], yticks=[], frame_on=False)
