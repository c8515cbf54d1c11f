"""All settings that a study changes, as one object."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import Self

from lenet.model.architecture import Network
from lenet.model.preprocess import Averaging, Preprocess
from lenet.training.augment import Augment
from lenet.training.recipe import Recipe


@dataclass(frozen=True)
class Settings:
    """The parameters of a training and of the views in evaluation."""

    recipe: Recipe
    network: Network
    preprocess: Preprocess
    augment: Augment
    averaging: Averaging

    @classmethod
    def load(cls, path: Path = Path("params.yaml")) -> Self:
        """Read the settings from params.yaml; see `Params.load` for errors."""
        return cls(
            recipe=Recipe.load(path),
            network=Network.load(path),
            preprocess=Preprocess.load(path),
            augment=Augment.load(path),
            averaging=Averaging.load(path),
        )

    def changed(self, values: Mapping[str, object]) -> "Settings":
        """Return the settings with other `values`, by their dotted names, such as "augment.scale".

        Raises InputError where a name is unknown or a value out of its range.
        """
        own: dict[str | None, dict[str, object]] = {}
        for name, value in values.items():
            group, _, key = name.rpartition(".")
            own.setdefault(group or None, {})[key] = value
        top = own.pop(None, {})
        averaging = {key: top.pop(key) for key in Averaging.model_fields if key in top}
        settings = Settings(
            recipe=self.recipe.changed(**top),
            network=self.network.changed(**own.pop("network", {})),
            preprocess=self.preprocess.changed(**own.pop("preprocess", {})),
            augment=self.augment.changed(**own.pop("augment", {})),
            averaging=self.averaging.changed(**averaging),
        )
        assert not own, f"unknown groups {list(own)}"
        return settings
