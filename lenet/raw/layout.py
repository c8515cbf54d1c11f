"""The layout of a raw file: what the file does not say about itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from lenet.core.params import ClassCount, Params, Span, Whole

LARGEST_SIDE = 1024


class Layout(Params, frozen=True):
    """How the numbers of a raw file are to be read: the group `raw` of params.yaml.

    pixel_range: the values of background and of full ink; the first is the greater one where ink
        is darker than the background.
    side: the images' width and height in pixels.
    first_label: the label of class 0.
    first_index: the index of the first pixel in image-text, 0 or 1; or "auto", where the file
        itself has to show it.
    classes: the number of classes.
    """

    pixel_range: Span = Field(description="two different numbers from -1e9 to 1e9, such as [0,2]")
    side: Whole = Field(
        ge=2, le=LARGEST_SIDE, description=f"a whole number from 2 to {LARGEST_SIDE}"
    )
    first_label: Whole = Field(ge=0, le=1000, description="a whole number from 0 to 1000")
    first_index: Literal["auto", 0, 1] = Field(description="auto, 0 or 1")
    classes: ClassCount

    @classmethod
    def load(cls, path: Path = Path("params.yaml")) -> "Layout":
        """Read the group `raw` of the YAML file at `path`, and nothing else; see `Params.load`."""
        return _Raw.load(path).raw

    @classmethod
    def check(cls, values: Mapping[str, Any], prefix: str = "raw.") -> "Layout":
        """Return the layout `values`; see `Params.check`."""
        return super().check(values, prefix)

    @classmethod
    def of_npz(cls, *, side: int, classes: int) -> "Layout":
        """Return the layout of an npz file; raise InputError where there can be none."""
        known = {"pixel_range": (0, 1), "first_label": 0, "first_index": "auto"}
        return cls.check({"side": side, "classes": classes, **known})

    @property
    def features(self) -> int:
        """Pixels of an image."""
        return self.side**2


class _Raw(Params, frozen=True, extra="ignore"):
    raw: Layout
