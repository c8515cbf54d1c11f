"""How many classes there are."""

from collections.abc import Collection
from typing import ClassVar

from pydantic import Field

from lenet.core.params import Params, Whole


class Classes(Params, frozen=True):
    """The number of classes: the key `raw.classes` of params.yaml.

    classes: the labels of a raw file are of so many consecutive whole numbers; the network has as
        many outputs.
    """

    group: ClassVar[str] = "raw"
    # `raw.layout.Layout` checks the other keys of the group.
    others: ClassVar[Collection[str] | None] = None

    classes: Whole = Field(ge=2, le=1000, description="a whole number from 2 to 1000")
