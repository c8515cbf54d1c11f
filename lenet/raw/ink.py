"""Where a picture has ink, and which ink is one character, whatever the paper, light and desk.

Ink is dark against the paper around it. So each pixel is compared with the lightest level nearby (a
morphological closing), and not with one level for the whole picture. Connected regions of ink
become characters if they look like strokes. Light ink on a dark ground is found in the negative.
Both are tried, and the better one is taken: strokes have sharp edges, and paper all around.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label, regionprops
from skimage.morphology import convex_hull_image

Grey = NDArray[np.float64]
# Top, left, bottom, right in pixels; bottom and right are the first pixels outside.
Box = tuple[int, int, int, int]

# The contrast of full ink is near 1; paper's grain and shadows without an edge are below this.
_LEAST_CONTRAST = 0.12
# The level of ink differs from the paper's by so many standard deviations of its grain.
_GRAIN = 8
# Ruled lines, and the gaps between them, are fainter than this share of the ink.
_FAINT = 0.37
# Characters at the least have this share of sharp edges, times the share of paper around them.
_LEAST_SHARE = 0.3
# A level that keeps the contrast of dark levels from growing without end.
_DARK = 16
# Strokes are thinner than this share of the picture's shorter side.
_THICKEST = 0.4
# Ink has at least this share of the strongest contrast. The first search tells ink from shadows;
# the second knows how thick strokes are, and finds all of the ink.
_STRONG, _WEAK = 0.75, 0.45
# So many pixels at the least must have the strongest contrast.
_STRONGEST = 20
# The widest disc in a character takes up at most this share of its longer side, as a radius.
_ROUNDEST = 0.36
# Sizes as shares of the largest part's: a speck; a part that belongs to its neighbour; the gap
# between them; a character.
_SPECK, _PART, _GAP, _CHARACTER = 0.1, 0.5, 0.3, 0.33
# A region across the whole picture is a strip if it is thinner than this share of its length.
_STRIP = 0.2
# More regions than these are texture.
_MOST = 64
# A character at least takes up this share of the picture's longer side, and so many pixels.
_SMALLEST, _FEWEST = 0.02, 4
# Lines of characters slope by at most so many degrees. The middles of the characters in a line are
# at most this share of their height apart.
_STEEPEST, _LINE = 20, 0.6
# A character is cut out where it has this share of its own full ink.
_EDGE = 0.35


@dataclass(frozen=True)
class Character:
    """A character that was found in a picture.

    ink: (height, width) from 0 = paper to 1 = full ink, cut out.
    box: its place in the picture.
    """

    ink: Grey
    box: Box


@dataclass(frozen=True)
class _Part:
    """Regions of ink that belong together: their labels, and the box around them."""

    labels: tuple[int, ...]
    box: Box

    @property
    def size(self) -> int:
        """The longer side of the box."""
        top, left, bottom, right = self.box
        return max(bottom - top, right - left)

    def joined(self, other: "_Part") -> "_Part":
        """Return both as one."""
        ends = zip(self.box, other.box, strict=True)
        top, left, bottom, right = ((min(pair), max(pair)) for pair in ends)
        return _Part(self.labels + other.labels, (top[0], left[0], bottom[1], right[1]))


@dataclass(frozen=True)
class _Found:
    """The characters in the levels of a picture or of its negative.

    levels: (height, width), where ink is dark.
    paper: the level that the paper has at each pixel.
    regions: the number of the region of ink that each pixel belongs to, or 0.
    parts: the characters.
    """

    levels: Grey
    paper: Grey
    regions: NDArray[np.int64]
    parts: list[_Part]

    @property
    def contrast(self) -> Grey:
        """The contrast of each pixel with the paper, from 0 to 1."""
        return _contrast(self.levels, self.paper)

    def mask(self, part: _Part, around: int = 0) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
        """Return a window `around` pixels wider than a part, and which of its pixels are ink."""
        top, left, bottom, right = part.box
        window = (
            slice(max(top - around, 0), bottom + around),
            slice(max(left - around, 0), right + around),
        )
        return window, np.isin(self.regions[window], part.labels)

    @cached_property
    def radii(self) -> dict[_Part, float]:
        """The radius of the largest disc in each part, in pixels."""
        return {part: _radius(self.mask(part)[1]) for part in self.parts}

    def mean(self, values: Sequence[float]) -> float:
        """Return the mean of a value for each part, weighted by the areas of their boxes."""
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (p.box for p in self.parts)]
        return float(np.average(values, weights=areas))


def characters(grey: Grey) -> list[Character]:
    """Return the characters in a picture, in reading order: line by line, from left to right.

    Args:
        grey: (height, width) from 0 to 255; the time that it takes grows with the pixels.
    """
    smooth = ndimage.gaussian_filter(grey, max(grey.shape) / 500)
    grain = 1.48 * np.median(np.abs(smooth - ndimage.gaussian_filter(smooth, 3)))
    both = [found for levels in (smooth, 255 - smooth) if (found := _search(levels)) is not None]
    if not both:
        return []
    steps = [_step(found) for found in both]
    clear = [
        (found, _edged(found) * _surrounded(found))
        for found, step in zip(both, steps, strict=True)
        if step >= max(_GRAIN * grain, _FAINT * max(steps))
    ]
    if max((share for _, share in clear), default=0) < _LEAST_SHARE:
        return []
    best, _ = max(clear, key=lambda pair: pair[1] ** 2 * _stroke_like(pair[0]))
    return [_cut_out(best, part) for part in _in_reading_order(best.parts)]


def everything(grey: Grey) -> Character | None:
    """Return all characters in a picture as one; None where there is none.

    Args:
        grey: (height, width) from 0 to 255.
    """
    found = characters(grey)
    if not found:
        return None
    boxes = np.array([character.box for character in found])
    top, left = boxes[:, :2].min(axis=0).tolist()
    bottom, right = boxes[:, 2:].max(axis=0).tolist()
    ink = np.zeros((bottom - top, right - left))
    for one in found:
        place = np.s_[one.box[0] - top : one.box[2] - top, one.box[1] - left : one.box[3] - left]
        ink[place] = np.maximum(ink[place], one.ink)
    return Character(ink, (top, left, bottom, right))


def _paper(levels: Grey, size: int) -> Grey:
    """Return the levels without all that is dark and thinner than `size` pixels."""
    return ndimage.grey_closing(levels, size=(size, size), mode="reflect")


def _contrast(levels: Grey, paper: Grey) -> Grey:
    # Light multiplies levels, so the ratio of levels is the same in light and in shade.
    return (paper - levels) / (paper + _DARK)


def _search(levels: Grey) -> _Found | None:
    """Return the characters that are darker than their surroundings, or None.

    The first search takes anything for a stroke that is thinner than `_THICKEST`, shadows too. It
    says how thick the strokes are; the second takes what is much thicker for paper.
    """
    size = max(3, round(_THICKEST * min(levels.shape)))
    paper = _paper(levels, size)
    first = _found(levels, paper, _STRONG)
    if first is None:
        return None
    finer = round(6 * max(first.radii.values())) + 3
    second = _found(levels, _paper(levels, finer) if finer < size else paper, _WEAK)
    if second is None or not any(_gap(a, b) == 0 for a in first.parts for b in second.parts):
        return first
    return second


def _found(levels: Grey, paper: Grey, share: float) -> _Found | None:
    """Return the characters whose contrast is at least a share of the strongest, or None.

    Where the strongest contrast belongs to a frame or to a dark desk, the next strongest counts.
    Ink that runs along the picture's edge counts only if there is no other.
    """
    for edges in (False, True):
        contrast = _contrast(levels, paper)
        for _ in range(6):
            count = min(_STRONGEST, contrast.size // 8)
            strongest = np.partition(contrast, -count, axis=None)[-count] if count else 0
            if strongest < _LEAST_CONTRAST:
                break
            mask = contrast > share * strongest
            regions = label(mask, connectivity=2)
            parts = _grouped(_strokes(regions, edges), least=_SMALLEST * max(mask.shape))
            if parts:
                return _Found(levels, paper, regions, parts)
            contrast = np.where(ndimage.binary_dilation(mask, iterations=3), 0, contrast)
    return None


def _strokes(regions: NDArray[np.int64], edges: bool) -> list[_Part]:
    """Return the regions that may be characters or parts of them, each as a part.

    Left out are round and square areas, frames around others, and what reaches in from the
    picture's edge: desks, strips, shadows.

    Args:
        regions: the number of each pixel's region, or 0.
        edges: whether a region may run along the picture's edge.
    """
    height, width = regions.shape
    found = {}
    inner, touching, running = [], [], []
    for region in regionprops(regions):
        part = _Part((region.label,), region.bbox)
        found[part] = region
        contacts = _contacts(region.image, region.bbox, height, width)
        share = max((length / side for length, side, _ in contacts), default=0)
        strip = part.size == max(height, width) and region.area < _STRIP * part.size**2
        if not contacts:
            inner.append(part)
        elif share <= 0.5 and not strip and all(own > length / 0.9 for length, _, own in contacts):
            touching.append(part)
        elif share <= 0.9:
            running.append(part)
    largest = max((part.size for part in inner), default=0)
    least = max(_FEWEST, _SMALLEST * max(height, width))
    kept = inner + [
        part
        for part in touching
        if largest < max(least, _CHARACTER * part.size)
        or any(_in_line(part, other) for other in inner)
    ]
    main = max((part.size for part in kept), default=0)
    # A character at the edge is thicker than a speck that is inside.
    if any(main < found[part].area / part.size / 2 for part in running):
        kept = [*kept, *running] if edges else []
    sizeable = sorted((p for p in kept if p.size >= _FEWEST), key=lambda p: -p.size)[:_MOST]
    strokes = [
        part
        for part in sizeable
        if _is_slim(found[part], _ROUNDEST * part.size)
        and not (_is_frame(found[part]) and any(_holds(part, other) for other in sizeable))
    ]
    # A dot is round, too; it counts only as a part of a character.
    longest = max((part.size for part in strokes), default=0)
    dots = (part for part in sizeable if part.size < _CHARACTER * longest and part not in strokes)
    return [*strokes, *dots]


def _contacts(
    image: NDArray[np.bool_], box: Box, height: int, width: int
) -> list[tuple[int, int, int]]:
    """Return, for each edge of the picture that a region touches, three lengths in pixels.

    These are the length that touches, the edge's, and the region's own along it.
    """
    top, left, bottom, right = box
    across, down = (width, image.shape[1]), (height, image.shape[0])
    lines = (
        (top == 0, image[0], across),
        (bottom == height, image[-1], across),
        (left == 0, image[:, 0], down),
        (right == width, image[:, -1], down),
    )
    return [(int(line.sum()), *sides) for touches, line, sides in lines if touches]


def _is_slim(region: object, radius: float) -> bool:
    """Return whether the discs in a region have at most a radius; most regions are too small."""
    area: float = region.area  # type: ignore[attr-defined]
    return area < np.pi * radius**2 or _radius(region.image) <= radius  # type: ignore[attr-defined]


def _is_frame(region: object) -> bool:
    """Return whether a region is the outline of a rectangle."""
    filled = region.area_filled  # type: ignore[attr-defined]
    return bool(
        region.area < 0.5 * filled and filled > 0.88 * region.area_bbox  # type: ignore[attr-defined]
    )


def _holds(part: _Part, other: _Part) -> bool:
    """Return whether `other` lies within the box of `part`, and is no speck."""
    outer, inner = part.box, other.box
    within = all(a < b for a, b in zip(outer[:2], inner[:2], strict=True)) and all(
        a > b for a, b in zip(outer[2:], inner[2:], strict=True)
    )
    return within and other.size >= 0.25 * part.size


def _in_line(part: _Part, other: _Part) -> bool:
    """Return whether two parts are about as high, and side by side."""
    a, b = part.box, other.box
    overlap = min(a[2], b[2]) - max(a[0], b[0])
    sizes = sorted((part.size, other.size))
    return overlap >= 0.5 * max(a[2] - a[0], b[2] - b[0]) and sizes[0] >= 0.6 * sizes[1]


def _grouped(parts: list[_Part], least: float) -> list[_Part]:
    """Return characters: small parts are joined to the nearest part, and specks left out.

    Args:
        parts: see `_strokes`.
        least: the size of the smallest character in pixels.
    """
    largest = max((part.size for part in parts), default=0)
    if largest < max(least, _FEWEST):
        return []
    groups = [part for part in parts if part.size >= _SPECK * largest]

    def small(part: _Part) -> bool:
        top, left, bottom, right = part.box
        return max(bottom - top, (right - left) / 2) < _PART * largest

    while True:
        near = [
            (gap, i, j)
            for j, b in enumerate(groups)
            for i, a in enumerate(groups[:j])
            if (small(a) or small(b)) and (gap := _gap(a, b)) <= _GAP * largest
        ]
        if not near:
            return [group for group in groups if group.size >= _CHARACTER * largest]
        _, i, j = min(near)
        groups[i] = groups[i].joined(groups.pop(j))


def _gap(part: _Part, other: _Part) -> int:
    """Return the distance between two boxes in pixels, the larger of rows and columns."""
    a, b = part.box, other.box
    return max(0, a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])


def _radius(mask: NDArray[np.bool_]) -> float:
    """Return the radius of the largest disc within a mask, in pixels."""
    return float(ndimage.distance_transform_edt(np.pad(mask, 1)).max())


def _step(found: _Found) -> float:
    """Return the difference of the levels of paper and ink, from 0 to 255."""
    steps = []
    for part in found.parts:
        window, ink = found.mask(part)
        steps.append(float(np.median((found.paper[window] - found.levels[window])[ink])))
    return found.mean(steps)


def _edged(found: _Found) -> float:
    """Return the share of the outlines at which the level jumps, from 0 to 1.

    It does not where a shadow or a slope of light was taken for ink.
    """
    shares = []
    for part in found.parts:
        window, ink = found.mask(part, around=20)
        levels = found.levels[window]
        size = 2 * round(np.clip(found.radii[part] / 2, 2, 10)) + 1
        jump = ndimage.grey_dilation(levels, size=(size, size)) - ndimage.grey_erosion(
            levels, size=(size, size)
        )
        outline = ink & ~ndimage.binary_erosion(ink, border_value=1)
        step = np.median((found.paper[window] - levels)[ink])
        shares.append(np.mean(jump[outline] > 0.5 * step) if outline.any() else 0)
    return found.mean(shares)


def _surrounded(found: _Found) -> float:
    """Return the share of the lines around the characters that is paper, from 0 to 1.

    The gap between two characters is no character: paper is above and below it.
    """
    shares = []
    for part in found.parts:
        window, ink = found.mask(part, around=round(0.12 * part.size) + 2)
        levels = found.levels[window]
        near = ndimage.binary_dilation(ink, iterations=3) & ~ndimage.binary_dilation(ink)
        around = np.ones_like(ink)
        around[1:-1, 1:-1] = False
        around &= ink | (found.regions[window] == 0)
        if near.any() and around.any():
            middle = (np.median(levels[ink]) + np.median(levels[near])) / 2
            shares.append(np.mean(levels[around] > middle))
        else:
            shares.append(0)
    return found.mean(shares)


def _stroke_like(found: _Found) -> float:
    """Return how long and thin the characters are, as a number for comparisons.

    The inside of a loop, and a sheet of paper with something on it, are neither.
    """
    values = []
    for part in found.parts:
        window, ink = found.mask(part)
        levels = found.levels[window]
        discs = ink.sum() / (np.pi * found.radii[part] ** 2)
        middle = (np.median(levels[ink]) + np.median(found.paper[window][ink])) / 2
        solid = np.mean(levels[convex_hull_image(ink)] < middle)
        # A straight stroke is solid, too; it still counts a little.
        values.append(min(discs, 8) * (1.1 - solid))
    return found.mean(values)


def _in_reading_order(parts: Sequence[_Part]) -> list[_Part]:
    """Return the parts line by line, from left to right.

    Lines may slope. The slope is taken that gives the fewest lines, the smallest one of several.
    """
    slopes = sorted(np.tan(np.radians(range(-_STEEPEST, _STEEPEST + 1))), key=abs)
    lines = min((_lines(parts, slope) for slope in slopes), key=len)
    return [part for line in lines for part in sorted(line, key=lambda part: part.box[1])]


def _lines(parts: Sequence[_Part], slope: float) -> list[list[_Part]]:
    """Return the lines of a slope, downwards per pixel to the right, from top to bottom."""
    boxes = np.array([part.box for part in parts], np.float64)
    height = np.median(boxes[:, 2] - boxes[:, 0])
    depths = (boxes[:, 0] + boxes[:, 2] - slope * (boxes[:, 1] + boxes[:, 3])) / 2
    lines: list[list[_Part]] = []
    first = -np.inf
    for i in np.argsort(depths, kind="stable"):
        if depths[i] > first + _LINE * height:
            first = depths[i]
            lines.append([])
        lines[-1].append(parts[i])
    return lines


def _cut_out(found: _Found, part: _Part) -> Character:
    window, own = found.mask(part, around=4)
    others = (found.regions[window] > 0) & ~own
    contrast = found.contrast[window]
    full = np.percentile(contrast[own], 80)
    # Soft edges are outside of the mask.
    near = ndimage.binary_dilation(own, iterations=3) & ~others
    ink = np.clip(contrast / full, 0, 1) * near
    rows, columns = (np.flatnonzero((ink > _EDGE).any(axis=axis)) for axis in (1, 0))
    top, left = window[0].start + rows[0], window[1].start + columns[0]
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    box = (int(top), int(left), int(top + ink.shape[0]), int(left + ink.shape[1]))
    return Character(ink, box)
