"""The layout of a raw file: what the file does not say about itself."""

from typing import ClassVar

from pydantic import Field

from lenet.core.params import Params, Range, Whole


class Layout(Params, frozen=True):
    """How the numbers of a raw file are to be read: the group `raw` of params.yaml.

    pixel_range: the values of background and of full ink.
    side: the images' width and height in pixels.
    first_label: the label of digit 0.
    """

    group: ClassVar[str] = "raw"

    pixel_range: Range = Field(
        description="two numbers from -1e9 to 1e9, the lower first, such as [0,2]"
    )
    side: Whole = Field(ge=2, le=1024, description="a whole number from 2 to 1024")
    first_label: Whole = Field(ge=0, le=1000, description="a whole number from 0 to 1000")

    @property
    def features(self) -> int:
        """Pixels of an image."""
        return self.side**2
