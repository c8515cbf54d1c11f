"""Which regions of ink are strokes, which strokes are one character, and the reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lenet.pictures.frame import Box

# The number of each pixel's region of ink, or 0.
Regions = NDArray[np.int32]
Mask = NDArray[np.bool_]

# The least longer side of a character, as a share of the picture's, and of any stroke in pixels.
_SMALLEST, _FEWEST_PIXELS = 0.02, 4
# Longer sides as shares of the largest stroke's: the least of a part, and of a whole character.
_LEAST_PART, _LEAST_CHARACTER = 0.1, 0.33
# A lower part belongs to its neighbour, if the gap is not larger; both as shares of the same side.
_INCOMPLETE, _LARGEST_GAP = 0.5, 0.3
# The largest radius of a disc in a character, as a share of the character's longer side.
_ROUNDEST = 0.36
# The largest area of a strip across the whole picture, as a share of the square of its length.
_STRIP = 0.2
# The number of regions that are looked at, the largest first; where there are more is texture.
_MOST_REGIONS = 64
# The steepest slope of a line of characters, in degrees.
_STEEPEST = 20
# The largest distance of the middles of characters in a line, as a share of their height.
_SAME_LINE = 0.6


@dataclass(frozen=True)
class Part:
    """Regions of ink that belong together: their numbers, and the box around them."""

    numbers: tuple[int, ...]
    box: Box

    @property
    def size(self) -> int:
        """The longer side of the box."""
        top, left, bottom, right = self.box
        return max(bottom - top, right - left)

    def joined(self, other: "Part") -> "Part":
        """Return both as one."""
        a, b = self.box, other.box
        box = min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
        return Part(self.numbers + other.numbers, box)

    def gap(self, other: "Part") -> int:
        """Return the distance of the boxes in pixels, the larger of rows and columns."""
        a, b = self.box, other.box
        return max(0, a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])

    def mask(self, regions: Regions, around: int = 0) -> tuple[tuple[slice, slice], Mask]:
        """Return a window `around` pixels wider than the box, and which of its pixels are ink."""
        top, left, bottom, right = self.box
        rows = slice(max(top - around, 0), bottom + around)
        window = rows, slice(max(left - around, 0), right + around)
        return window, np.isin(regions[window], self.numbers)


def radius(mask: Mask) -> float:
    """Return the radius of the largest disc within a mask, in pixels."""
    return float(ndimage.distance_transform_edt(np.pad(mask, 1)).max())


def characters(regions: Regions, *, edges: bool) -> list[Part]:
    """Return the regions of ink that are characters, joined where several are one.

    Args:
        regions: the number of each pixel's region, or 0.
        edges: whether a region may run along the picture's edge.
    """
    strokes = _strokes(regions, edges)
    largest = max((part.size for part in strokes), default=0)
    if largest < max(_FEWEST_PIXELS, _SMALLEST * max(regions.shape)):
        return []
    groups = [part for part in strokes if part.size >= _LEAST_PART * largest]

    def incomplete(part: Part) -> bool:
        top, left, bottom, right = part.box
        return max(bottom - top, (right - left) / 2) < _INCOMPLETE * largest

    while True:
        near = [
            (gap, i, j)
            for j, b in enumerate(groups)
            for i, a in enumerate(groups[:j])
            if (incomplete(a) or incomplete(b)) and (gap := a.gap(b)) <= _LARGEST_GAP * largest
        ]
        if not near:
            return [group for group in groups if group.size >= _LEAST_CHARACTER * largest]
        _, i, j = min(near)
        groups[i] = groups[i].joined(groups.pop(j))


def _strokes(regions: Regions, edges: bool) -> list[Part]:
    """Return the regions that may be characters or parts of them, each as a part.

    Left out are round and square areas, frames around others, and what reaches in from the
    picture's edge: desks, strips, shadows.
    """
    inner, touching, running = [], [], []
    inks = {}
    for number, (rows, columns) in enumerate(ndimage.find_objects(regions), 1):
        part = Part((number,), (rows.start, columns.start, rows.stop, columns.stop))
        ink = inks[part] = regions[rows, columns] == number
        of_edge, of_side = _contact(ink, part.box, regions.shape)
        strip = part.size == max(regions.shape) and ink.sum() < _STRIP * part.size**2
        if not of_edge:
            inner.append(part)
        elif of_edge <= 0.5 and of_side < 0.9 and not strip:
            touching.append(part)
        elif of_edge <= 0.9 and edges:
            running.append(part)
    largest = max((part.size for part in inner), default=0)
    touching = [
        part
        for part in touching
        if largest < max(_FEWEST_PIXELS, _LEAST_CHARACTER * part.size)
        or any(_in_line(part, other) for other in inner)
    ]
    some = [part for part in inner + touching + running if part.size >= _FEWEST_PIXELS]
    some = sorted(some, key=lambda part: -part.size)[:_MOST_REGIONS]
    strokes = [
        part
        for part in some
        if radius(inks[part]) <= _ROUNDEST * part.size
        and not (_is_frame(inks[part]) and any(_holds(part, other) for other in some))
    ]
    # A dot is round, too; it counts only as a part of a character.
    longest = max((part.size for part in strokes), default=0)
    dots = [p for p in some if p.size < _LEAST_CHARACTER * longest and p not in strokes]
    return [*strokes, *dots]


def _contact(ink: Mask, box: Box, shape: tuple[int, ...]) -> tuple[float, float]:
    """Return how far a region touches the picture's edges, as two shares; 0 where it does not.

    These are the largest shares of an edge, and of the region's own side along it.
    """
    top, left, bottom, right = box
    height, width = shape
    sides = (
        (top == 0, ink[0], width),
        (bottom == height, ink[-1], width),
        (left == 0, ink[:, 0], height),
        (right == width, ink[:, -1], height),
    )
    touching = [(line.sum() / edge, line.mean()) for touches, line, edge in sides if touches]
    return max((a for a, _ in touching), default=0), max((b for _, b in touching), default=0)


def _is_frame(ink: Mask) -> bool:
    """Return whether ink is the outline of a rectangle."""
    filled = ndimage.binary_fill_holes(ink, np.ones((3, 3))).sum()
    return bool(ink.sum() < 0.5 * filled and filled > 0.88 * ink.size)


def _holds(part: Part, other: Part) -> bool:
    """Return whether `other` lies within the box of `part`."""
    a, b = part.box, other.box
    return a[0] < b[0] and a[1] < b[1] and a[2] > b[2] and a[3] > b[3]


def _in_line(part: Part, other: Part) -> bool:
    """Return whether two parts are about as high, and side by side."""
    a, b = part.box, other.box
    overlap = min(a[2], b[2]) - max(a[0], b[0])
    return overlap >= 0.5 * max(a[2] - a[0], b[2] - b[0])


def in_reading_order(parts: Sequence[Part]) -> list[Part]:
    """Return the parts line by line, from left to right.

    Lines may slope. The slope is taken that gives the fewest lines, the smallest one of several.
    """
    slopes = sorted(np.tan(np.radians(range(-_STEEPEST, _STEEPEST + 1))), key=abs)
    lines = min((_lines(parts, slope) for slope in slopes), key=len)
    return [part for line in lines for part in sorted(line, key=lambda part: part.box[1])]


def _lines(parts: Sequence[Part], slope: float) -> list[list[Part]]:
    """Return the lines of a slope, downwards per pixel to the right, from top to bottom."""
    boxes = np.array([part.box for part in parts], np.float64)
    height = np.median(boxes[:, 2] - boxes[:, 0])
    depths = (boxes[:, 0] + boxes[:, 2] - slope * (boxes[:, 1] + boxes[:, 3])) / 2
    lines: list[list[Part]] = []
    first = -np.inf
    for i in np.argsort(depths, kind="stable"):
        if depths[i] > first + _SAME_LINE * height:
            first = depths[i]
            lines.append([])
        lines[-1].append(parts[i])
    return lines
