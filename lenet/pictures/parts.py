"""Which regions of ink are strokes, which strokes are one character, and the reading order."""

from dataclasses import dataclass
from itertools import compress

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
# The longer side of what may be another character, as shares of the largest one's.
_LEAST_OTHER, _MOST_OTHER = 0.12, 2
# The least gap around a small character, as a share of the same side; nearer are ends of strokes.
_LEAST_GAP = 0.08
# The sides of a frame, and the least longer side of what is in it, as shares of the frame's.
_RIM, _INSIDE = 0.1, 0.2
# A rule or comb: its least width, as a share of its height and of all else; and the largest height
# of ink in half of its columns, as a share of all else.
_LONG, _THIN = 2, 0.15
# The least length of a straight line, as a share of the shorter side of boxes or a comb.
_LINE = 0.6
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

    def has_middle_of(self, other: "Part") -> bool:
        """Return whether the middle of another box is in this box."""
        top, left, bottom, right = self.box
        y, x = (other.box[0] + other.box[2]) / 2, (other.box[1] + other.box[3]) / 2
        return top <= y <= bottom and left <= x <= right

    def mask(self, regions: Regions, around: int = 0) -> tuple[tuple[slice, slice], Mask]:
        """Return a window `around` pixels wider than the box, and which of its pixels are ink."""
        top, left, bottom, right = self.box
        rows = slice(max(top - around, 0), bottom + around)
        window = rows, slice(max(left - around, 0), right + around)
        return window, np.isin(regions[window], self.numbers)

    def radius(self, regions: Regions) -> float:
        """Return the radius of the largest disc within the ink, in pixels."""
        _, ink = self.mask(regions)
        return float(ndimage.distance_transform_edt(np.pad(ink, 1)).max())


def characters(regions: Regions, *, edges: bool) -> list[Part]:
    """Return the regions that are characters, joined where several are one.

    Regions that run along the picture's edge count with `edges` alone.
    """
    strokes = _strokes(regions, edges)
    largest = max((part.size for part in strokes), default=0)
    if largest < _SMALLEST * max(regions.shape):
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


def others(mask: Mask, found: list[Part]) -> tuple[Regions, list[Part]]:
    """Return regions of ink, and what may be characters besides those that were found.

    They are about as large or smaller. Specks, ends of strokes and halos are left out.
    """
    largest = max(part.size for part in found)
    regions, _ = ndimage.label(mask, np.ones((3, 3)))
    apart = [
        part.numbers[0]
        for part in _numbered(regions)
        if part.size <= _MOST_OTHER * largest
        and not any(part.has_middle_of(one) or one.has_middle_of(part) for one in found)
    ]
    rest, _ = ndimage.label(np.isin(regions, apart), np.ones((3, 3)))
    least = max(_LEAST_OTHER * largest, 2 * _FEWEST_PIXELS)
    some = [
        part
        for part in characters(rest, edges=False)
        if part.size > largest / 2 or min(map(part.gap, found)) > _LEAST_GAP * largest
    ]
    return rest, [part for part in some if part.box[2] - part.box[0] >= least]


def has_boxes(regions: Regions) -> bool:
    """Return whether characters touch the lines of boxes or of a comb."""
    return any(_on_lines(part.mask(regions)[1]) for part in _numbered(regions))


def _on_lines(ink: Mask) -> bool:
    """Return whether straight lines run along all of some ink, and more than they is on them."""
    length = round(_LINE * min(ink.shape))
    if length < _FEWEST_PIXELS:
        return False
    sizes = (1, length), (length, 1)
    across, down = (
        ndimage.grey_opening(ink.astype(np.uint8), size, mode="constant") > 0 for size in sizes
    )
    height, width = ink.shape
    rim = max(1, round(_RIM * width))
    walls = down[:, :rim].any() and down[:, -rim:].any()
    if not (walls or width >= _LONG * height) or across.any(axis=0).mean() < 0.9:
        return False
    lines = ndimage.binary_dilation(across | down, iterations=2)
    rest, _ = ndimage.label(ink & ~lines, np.ones((3, 3)))
    return any(part.size > 0.4 * height for part in _numbered(rest))


def _numbered(regions: Regions) -> list[Part]:
    """Return each region as a part."""
    boxes = [(y.start, x.start, y.stop, x.stop) for y, x in ndimage.find_objects(regions)]
    return [Part((number,), box) for number, box in enumerate(boxes, 1)]


def _strokes(regions: Regions, edges: bool) -> list[Part]:
    """Return the regions that may be characters or parts of them, each as a part.

    Left out are round and square areas, frames around others, rules and combs.
    """
    some = [part for part in _apart(regions, edges) if part.size >= _FEWEST_PIXELS]
    some = sorted(some, key=lambda part: -part.size)[:_MOST_REGIONS]
    strokes = [
        part
        for part in some
        if part.radius(regions) <= _ROUNDEST * part.size
        and not (_is_frame(part, regions, some) or _is_rule(part, regions, some))
    ]
    # A dot is round, too; it counts only as a part of a character.
    longest = max((part.size for part in strokes), default=0)
    dots = [p for p in some if p.size < _LEAST_CHARACTER * longest and p not in strokes]
    return [*strokes, *dots]


def _apart(regions: Regions, edges: bool) -> list[Part]:
    """Return the regions without what reaches in from the picture's edge: desks, strips, shadows.

    A character may touch the edge, if it is in line with others or larger than all others.
    """
    every = _numbered(regions)
    tops, lefts, bottoms, rights = np.reshape([part.box for part in every], (-1, 4)).T
    sides = np.array([rights - lefts, bottoms - tops])
    # The pixels of each region at an edge of the picture: at top or bottom, and at left or right.
    edge_pairs = ((regions[0], regions[-1]), (regions[:, 0], regions[:, -1]))
    counts = [[np.bincount(edge, minlength=len(every) + 1) for edge in pair] for pair in edge_pairs]
    contact = np.max(counts, axis=1)[:, 1:]
    of_edge = (contact / np.reshape(regions.shape[::-1], (2, 1))).max(axis=0)
    strip = np.bincount(regions.ravel())[1:] < _STRIP * sides.max(axis=0) ** 2
    strip &= sides.max(axis=0) == max(regions.shape)
    touches = (of_edge > 0) & (of_edge <= 0.5) & ((contact / sides).max(axis=0) < 0.9) & ~strip
    runs = (of_edge > 0) & (of_edge <= 0.9) & ~touches
    inner = list(compress(every, of_edge == 0))
    largest = max((part.size for part in inner), default=0)
    touching = [
        part
        for part in compress(every, touches)
        if largest < max(_FEWEST_PIXELS, _LEAST_CHARACTER * part.size)
        or any(_in_line(part, other) for other in inner)
    ]
    return inner + touching + (list(compress(every, runs)) if edges else [])


def _is_frame(part: Part, regions: Regions, others: list[Part]) -> bool:
    """Return whether a part is the outline of a rectangle with another part in it.

    A thin line may be too faint in places, so that a side is missing.
    """
    _, ink = part.mask(regions)
    filled = ndimage.binary_fill_holes(ink).sum()
    outline = ink.sum() < 0.5 * filled and filled > 0.88 * ink.size
    y, x = (max(1, round(_RIM * pixels)) for pixels in ink.shape)
    top, left, bottom, right = part.box
    return bool(outline or not ink[y:-y, x:-x].any()) and any(
        one.size > _INSIDE * part.size
        and (top < one.box[0] and left < one.box[1] and bottom > one.box[2] and right > one.box[3])
        for one in others
    )


def _is_rule(part: Part, regions: Regions, others: list[Part]) -> bool:
    """Return whether a part is a long horizontal line, perhaps with teeth, among smaller parts."""
    top, left, bottom, right = part.box
    width = right - left
    largest = max((one.size for one in others if one.size < width / _LONG), default=0)
    if width < _LONG * (bottom - top):
        return False
    return bool(np.median(part.mask(regions)[1].sum(axis=0)) <= _THIN * largest)


def _in_line(part: Part, other: Part) -> bool:
    """Return whether two parts are about as high, and side by side."""
    a, b = part.box, other.box
    overlap = min(a[2], b[2]) - max(a[0], b[0])
    return overlap >= 0.5 * max(a[2] - a[0], b[2] - b[0])


def in_reading_order(parts: list[Part]) -> list[Part]:
    """Return the parts line by line, from left to right.

    Lines may slope. The slope is taken that gives the fewest lines, the smallest one of several.
    """
    boxes = np.array([part.box for part in parts], np.float64)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    apart = _SAME_LINE * np.median(boxes[:, 2] - boxes[:, 0])
    candidates = []
    for slope in sorted(np.tan(np.radians(range(-_STEEPEST, _STEEPEST + 1))), key=abs):
        depths = middle[:, 0] - slope * middle[:, 1]
        lines: list[list[Part]] = []
        first = -np.inf
        for i in np.argsort(depths, kind="stable"):
            if depths[i] > first + apart:
                first = depths[i]
                lines.append([])
            lines[-1].append(parts[i])
        candidates.append(lines)
    best = min(candidates, key=len)
    return [part for line in best for part in sorted(line, key=lambda part: part.box[1])]
