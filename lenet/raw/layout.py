"""The layout of a raw file: what the file does not say about itself."""

import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from math import isqrt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lenet.core.errors import InputError, as_typed, see_inspect
from lenet.core.params import ClassCount, Params, Span, Whole

LARGEST_SIDE = 1024


def root(features: int) -> int:
    """Return the side of square images of so many features, 0 if there are none."""
    side = isqrt(max(features, 0))
    return side if side**2 == features and 2 <= side <= LARGEST_SIDE else 0


def same_name(name: str) -> str:
    """Return what two spellings of one class name have in common: "1" and "01" are one."""
    text = unicodedata.normalize("NFC", name).strip()
    return str(int(text)) if text.isascii() and text.isdecimal() else text


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names) or not all(name.isprintable() and name for name in names):
        raise ValueError
    return names


# YAML reads the name 1 as a number.
class Layout(Params, frozen=True, coerce_numbers_to_str=True):
    """How the numbers of a raw file are to be read: the group `raw` of params.yaml.

    pixel_range: the values of background and of full ink; the first is the greater one where ink
        is darker than the background.
    side: the images' width and height in pixels.
    first_label: the label of class 0.
    first_index: the index of the first pixel in image-text, 0 or 1; or "auto", where the file
        itself has to show it.
    classes: the number of classes.
    class_names: the names of the classes in their order; () where subfolders say them, or where
        the classes are numbers.
    pictures: how a picture becomes an image: "whole", pixel by pixel; or "cut", where the character
        is found, cut out and framed.
    transpose: whether a file that is no picture has its pixels column by column, not row by row.
    """

    pixel_range: Span = Field(description="two different numbers from -1e9 to 1e9, such as [0,2]")
    class_names: Annotated[
        tuple[Annotated[str, AfterValidator(same_name)], ...], AfterValidator(_different)
    ] = Field(description="a list of different names, such as [A,B,C], or [] for numbers")
    side: Whole = Field(
        ge=2, le=LARGEST_SIDE, description=f"a whole number from 2 to {LARGEST_SIDE}"
    )
    first_label: Whole = Field(ge=0, le=1000, description="a whole number from 0 to 1000")
    first_index: Literal["auto", 0, 1] = Field(description="auto, 0 or 1")
    classes: ClassCount
    pictures: Literal["whole", "cut"] = Field(description="whole or cut")
    transpose: bool = Field(strict=True, description="true or false")

    @classmethod
    def load(cls, path: Path = Path("params.yaml")) -> "Layout":
        """Read the group `raw` of the YAML file at `path`, and nothing else; see `Params.load`."""
        return _Raw.load(path).raw

    @classmethod
    def check(cls, values: Mapping[str, Any], prefix: str = "raw.") -> "Layout":
        """Return the layout `values`; see `Params.check`."""
        return super().check(values, prefix)

    @classmethod
    def of(cls, **values: object) -> "Layout":
        """Return a layout with `values`; all others are those of the usual npz file.

        Raises InputError where there can be no such layout.
        """
        usual = {"pixel_range": (0, 1), "class_names": (), "classes": 10, "first_label": 0}
        usual |= {"first_index": "auto", "pictures": "whole", "transpose": False}
        return cls.check(usual | values)

    def of_names(self, path: Path, names: Sequence[str]) -> "Layout":
        """Return the layout of the file at `path`, whose classes have these names, or none.

        Raises InputError where the layout has other names, or there is one name only.
        """
        own = self.class_names or tuple(names)
        if others := [name for name in names if name not in own]:
            expected = f"one of {', '.join(own)}"
            raise InputError(path, f"found the class {others[0]}", expected, see_inspect(path))
        if len(own) == 1:
            expected = "two or more, each in a subfolder with its name"
            advice = "raw.class_names can name classes that have no images here."
            raise InputError(path, f"found one class, {own[0]}", expected, advice)
        return self.changed({"class_names": own, "classes": len(own)}) if own else self

    @property
    def features(self) -> int:
        """Pixels of an image."""
        return self.side**2


def options(values: Mapping[str, object]) -> str:
    """Return settings, by name, as options of `lenet convert` and `lenet split` in a shell."""
    words = []
    for name, value in values.items():
        if value is not False and value != ():
            several = value if isinstance(value, tuple) else () if value is True else (value,)
            # A hyphen would begin an option; a blank before it does not count.
            texts = (re.sub(r"^-(?![\d.]+$)", " -", as_typed(each)) for each in several)
            words += [f"--{name.replace('_', '-')}", *texts]
    return shlex.join(words)


class _Raw(Params, frozen=True, extra="ignore"):
    raw: Layout
