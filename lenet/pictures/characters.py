"""The characters in a user's pictures, whatever the paper, light and desk.

Ink is dark against the paper around it. So each pixel is compared with the lightest level nearby (a
morphological closing), and not with one level for the whole picture. Connected regions of ink
become characters if they look like strokes. Light ink on a dark ground is found in the negative.
Both are tried, and the better one is taken: strokes have sharp edges, and paper all around.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import convex_hull_image

from lenet.core.errors import InputError
from lenet.pictures import decode, parts
from lenet.pictures.frame import EDGE, Character
from lenet.pictures.parts import Part, Regions

Grey = NDArray[np.float64]
# The least contrast of ink. Full ink is near 1, paper's grain and shadows without an edge below.
_LEAST_CONTRAST = 0.12
# Added to the paper's level, or the contrast of dark levels would have no bound.
_DARK = 16
# The widest stroke, as a share of the picture's shorter side.
_WIDEST_STROKE = 0.4
# The least contrast of ink, as a share of the strongest. The first search tells ink from shadows;
# the second knows how thick strokes are, and finds all of the ink.
_FIRST_SHARE, _SECOND_SHARE = 0.75, 0.45
# The number of pixels that reach the strongest contrast.
_STRONGEST_PIXELS = 20
# How often the strongest contrast may belong to something else, such as a frame or a dark desk.
_OTHER_THINGS = 5
# The least difference of the levels of paper and ink: in standard deviations of the paper's grain,
# and as a share of the difference in picture or negative, where it is larger. Ruled lines, and the
# gaps between them, are fainter.
_LEAST_GRAINS, _LEAST_CLARITY = 8, 0.37
# The least share of sharp edges in the outlines, times the share of paper around the characters.
_LEAST_SHARPNESS = 0.3
# The same for a smaller or fainter character, which may be a stain or the edge of a shadow.
_SHARP = 0.75
# The least share of ink in the convex hull of a straight stroke.
_STRAIGHT = 0.85
# The largest and least width of another character, as a share of its height; and the least height
# of several that touch, as a share of the longer side of the largest.
_WIDEST_OTHER, _NARROWEST, _LEAST_WIDE = 1.25, 0.1, 0.2
# The least distance of a character from the picture's edge in pixels, or it may be a tight crop.
_NEAR_EDGE = 3
# The least difference of ink and paper in a tight crop, and the least share of its pixels.
_CLEAR_INK, _LEAST_INK = 64, 0.05


def read(path: Path, *, as_one: bool = False) -> list[Character]:
    """Find the characters in a picture, dark on light or light on dark, of any size, on any paper.

    Returns them in reading order, page by page, or all of a page `as_one`. The first frame of an
    animation that shows something counts.

    Raises InputError where the file cannot be read, or nothing is found.
    """
    characters: list[Character] = []
    with decode.opened(path) as picture:
        for page, (planes, scale) in enumerate(decode.pages(picture, path)):
            # Ink and paper of the same lightness differ in colour alone.
            found = _find(planes[0], as_one=as_one) or _find(planes[1], as_one=as_one)
            shape = planes[0].shape
            if all(_at_edge(one, shape) for one in found):
                found = _find_in_crop(planes[0], as_one=as_one) or found
            for one in found:
                box = np.clip(one.box, 0, 2 * shape) * scale
                top, left, bottom, right = (round(edge) for edge in box.tolist())
                # A character of a tiny picture may be lower or narrower than half a pixel.
                bottom, right = max(bottom, 1), max(right, 1)
                whole = min(top, bottom - 1), min(left, right - 1), bottom, right
                characters.append(replace(one, box=whole, page=page))
            if characters and picture.format != "TIFF":
                break
    if not characters:
        raise InputError(path, "found nothing", "characters darker or lighter than the paper")
    return characters


@dataclass(frozen=True)
class _Ink:
    """The characters in the levels of a page or of its negative.

    levels: (height, width), where ink is dark.
    paper: (height, width), the level that the paper has at each pixel.
    regions: (height, width), the number of the region of ink that each pixel belongs to, or 0.
    parts: the characters.
    """

    levels: Grey
    paper: Grey
    regions: Regions
    parts: list[Part]

    def mean(self, measure: "Callable[[_Ink, Part], float]") -> float:
        """Return the mean of a measure of each part, weighted by the areas of the boxes."""
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (p.box for p in self.parts)]
        return float(np.average([measure(self, part) for part in self.parts], weights=areas))


def _find(levels: Grey, *, as_one: bool) -> list[Character]:
    """Return the characters of a page, (height, width) from 0 to 255, in reading order."""
    smooth = ndimage.gaussian_filter(levels, max(levels.shape) / 500)
    grain = 1.48 * np.median(np.abs(smooth - ndimage.gaussian_filter(smooth, 3)))
    both = [ink for each in (smooth, 255 - smooth) if (ink := _search(each)) is not None]
    steps = [ink.mean(_step) for ink in both]
    least = max(_LEAST_GRAINS * grain, _LEAST_CLARITY * max(steps, default=0))
    clear = [ink for ink, step in zip(both, steps, strict=True) if step >= least]
    sharpness = np.array([ink.mean(_edged) * ink.mean(_surrounded) for ink in clear])
    if sharpness.max(initial=0) < _LEAST_SHARPNESS:
        return []
    best = clear[np.argmax(sharpness**2 * [ink.mean(_slender) for ink in clear])]
    if as_one:
        return [_cut_out(best, reduce(Part.joined, best.parts))]
    layers, left_out = _layers(best, _LEAST_GRAINS * grain)
    inks = {part: ink for ink in layers for part in ink.parts}
    boxes = parts.has_boxes(best.regions)
    return [
        replace(_cut_out(inks[part], part), left_out=left_out, boxes=boxes)
        for part in parts.in_reading_order(list(inks))
    ]


def _layers(best: _Ink, least_step: float) -> tuple[list[_Ink], bool]:
    """Return the best, smaller characters, and those in fainter and fainter ink.

    Also returns whether something is left out that may be a character.
    """
    layers = [best]
    kinds: set[str] = set()
    largest = max(part.size for part in best.parts)
    contrast, mask = _contrast(best.levels, best.paper), best.regions > 0
    for _ in range(_OTHER_THINGS):
        regions, some = parts.others(mask, [part for ink in layers for part in ink.parts])
        ink = replace(best, regions=regions)
        kind = {part: _kind(ink, part, largest, least_step) for part in some}
        layers.append(replace(ink, parts=[part for part in some if kind[part] == "character"]))
        kinds.update(kind.values())
        contrast = np.where(ndimage.binary_dilation(mask, iterations=3), 0, contrast)
        strongest = np.partition(contrast, -_STRONGEST_PIXELS, axis=None)[-_STRONGEST_PIXELS]
        if strongest < max(_LEAST_CONTRAST, least_step / 255):
            break
        mask = contrast > _SECOND_SHARE * strongest
    return layers, "perhaps" in kinds


def _kind(ink: _Ink, part: Part, largest: int, least_step: float) -> str:
    """Return whether a part is a "character", "perhaps" one, or "nothing", as lines and stains are.

    A small straight stroke may be a 1 or a comma, and a wide part several characters.
    """
    if _step(ink, part) < least_step or _edged(ink, part) * _surrounded(ink, part) < _SHARP:
        return "nothing"
    _, own = part.mask(ink.regions)
    height, width = own.shape
    straight = own.sum() > _STRAIGHT * convex_hull_image(own).sum()
    if width > _WIDEST_OTHER * height:
        return "perhaps" if height > _LEAST_WIDE * largest else "nothing"
    if straight and width < _NARROWEST * height:
        return "perhaps" if height < largest else "nothing"
    return "perhaps" if straight and height < largest / 3 else "character"


def _at_edge(one: Character, shape: tuple[int, ...]) -> bool:
    top, left, bottom, right = one.box
    return min(top, left, shape[0] - bottom, shape[1] - right) < _NEAR_EDGE


def _find_in_crop(levels: Grey, *, as_one: bool) -> list[Character]:
    """Return the characters of a page that has no paper around them; the corners show its level."""
    around = max(levels.shape) // 3
    paper = np.median(levels[[0, 0, -1, -1], [0, -1, 0, -1]])
    if np.mean(np.abs(levels - paper) > _CLEAR_INK) < _LEAST_INK:
        return []
    found = _find(np.pad(levels, around, constant_values=paper), as_one=as_one)
    shifts = np.full(4, around)
    return [replace(one, box=tuple((one.box - shifts).tolist())) for one in found]


def _search(levels: Grey) -> _Ink | None:
    """Return the characters that are darker than their surroundings, or None.

    The first search takes anything for a stroke that is thin enough, shadows too. It says how
    thick the strokes are; the second takes what is much thicker for paper.
    """
    widest = max(3, round(_WIDEST_STROKE * min(levels.shape)))
    if (first := _above(levels, widest, _FIRST_SHARE)) is None:
        return None
    finer = round(6 * max(part.radius(first.regions) for part in first.parts)) + 3
    return _above(levels, min(finer, widest), _SECOND_SHARE) or first


def _above(levels: Grey, widest: int, share: float) -> _Ink | None:
    """Return the characters whose contrast is above a share of the strongest, or None.

    Where the strongest contrast belongs to a frame or to a dark desk, the next strongest counts.
    Ink that runs along the picture's edge counts only if there is no other. What is dark and wider
    than `widest` pixels is paper.
    """
    paper = ndimage.grey_closing(levels, size=(widest, widest), mode="reflect")
    for edges in (False, True):
        contrast = _contrast(levels, paper)
        for _ in range(1 + _OTHER_THINGS):
            strongest = np.partition(contrast, -_STRONGEST_PIXELS, axis=None)[-_STRONGEST_PIXELS]
            if strongest < _LEAST_CONTRAST:
                break
            mask = contrast > share * strongest
            regions, _ = ndimage.label(mask, np.ones((3, 3)))
            if some := parts.characters(regions, edges=edges):
                return _Ink(levels, paper, regions, some)
            contrast = np.where(ndimage.binary_dilation(mask, iterations=3), 0, contrast)
    return None


def _contrast(levels: Grey, paper: Grey) -> Grey:
    # Light multiplies levels, so the ratio of levels is the same in light and in shade.
    return (paper - levels) / (paper + _DARK)


def _step(ink: _Ink, part: Part) -> float:
    """Return the difference of the levels of paper and ink, from 0 to 255."""
    window, own = part.mask(ink.regions)
    return float(np.median((ink.paper[window] - ink.levels[window])[own]))


def _edged(ink: _Ink, part: Part) -> float:
    """Return the share of the outline at which the level jumps, from 0 to 1.

    It does not where a shadow or a slope of light was taken for ink.
    """
    window, own = part.mask(ink.regions, around=20)
    levels = ink.levels[window]
    size = 2 * round(np.clip(part.radius(ink.regions) / 2, 2, 10)) + 1
    jump = ndimage.morphological_gradient(levels, size=(size, size))
    outline = own & ~ndimage.binary_erosion(own, border_value=1)
    return float(np.mean(jump[outline] > 0.5 * _step(ink, part))) if outline.any() else 0


def _surrounded(ink: _Ink, part: Part) -> float:
    """Return the share of the line around the character that is paper, from 0 to 1.

    The gap between two characters is no character: paper is above and below it.
    """
    window, own = part.mask(ink.regions, around=round(0.12 * part.size) + 2)
    levels = ink.levels[window]
    near = ndimage.binary_dilation(own, iterations=3) & ~ndimage.binary_dilation(own)
    around = own | (ink.regions[window] == 0)
    around[1:-1, 1:-1] = False
    if not (near.any() and around.any()):
        return 0
    middle = (np.median(levels[own]) + np.median(levels[near])) / 2
    return float(np.mean(levels[around] > middle))


def _slender(ink: _Ink, part: Part) -> float:
    """Return how long and thin the character is, as a number for comparisons.

    The inside of a loop, and a sheet of paper with something on it, are neither.
    """
    window, own = part.mask(ink.regions)
    levels = ink.levels[window]
    discs = own.sum() / (np.pi * part.radius(ink.regions) ** 2)
    middle = (np.median(levels[own]) + np.median(ink.paper[window][own])) / 2
    solid = np.mean(levels[convex_hull_image(own)] < middle)
    # A straight stroke is solid, too; it still counts a little.
    return float(min(discs, 8) * (1.1 - solid))


def _cut_out(ink: _Ink, part: Part) -> Character:
    window, own = part.mask(ink.regions, around=4)
    contrast = _contrast(ink.levels[window], ink.paper[window])
    # Soft edges are outside of the mask.
    near = ndimage.binary_dilation(own, iterations=3) & (own | (ink.regions[window] == 0))
    whole = np.clip(contrast / np.percentile(contrast[own], 80), 0, 1) * near
    rows, columns = (np.flatnonzero((whole > EDGE).any(axis=axis)).tolist() for axis in (1, 0))
    cut = whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    top, left = window[0].start + rows[0], window[1].start + columns[0]
    return Character(cut, (top, left, top + cut.shape[0], left + cut.shape[1]))
