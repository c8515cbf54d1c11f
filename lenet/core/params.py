"""The parameters of params.yaml: which of them each stage reads, and what each may be."""

import difflib
import reprlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from typing_extensions import Self

from lenet.core.errors import InputError

# Far below every number of use, and far above what a float32 can still be.
_LEAST = 1e-9


def _ascending(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[1] - pair[0] < _LEAST:
        raise ValueError
    return pair


def _zero_or_some(value: float) -> float:
    if 0 < value < _LEAST:
        raise ValueError
    return value


# Strict: true is no number, 2.5 no whole one, and text neither.
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Whole = Annotated[int, Field(strict=True)]
_Bound = Annotated[float, Field(strict=True, ge=-1e9, le=1e9)]
_Range = Annotated[tuple[_Bound, _Bound], AfterValidator(_ascending)]
_ZeroOrSome = Annotated[_Number, AfterValidator(_zero_or_some)]
_ImageSide = Annotated[
    int, Field(strict=True, ge=2, le=1024, description="a whole number from 2 to 1024")
]
# What ruamel.yaml raises: of a tag whose text does not fit it, next to anything.
_NO_YAML = (
    *(YAMLError, ValueError, TypeError, LookupError, ArithmeticError),
    *(AssertionError, AttributeError, RecursionError),
)
_Device = Annotated[Literal["cpu", "gpu"], Field(description="cpu or gpu")]
_Seed = Annotated[_Whole, Field(ge=0, lt=2**31, description="a whole number from 0 to 2147483647")]
_ImageSize = Annotated[
    int,
    Field(strict=True, ge=16, le=512, multiple_of=4, description="a multiple of 4 from 16 to 512"),
]


class _Params(BaseModel, frozen=True):
    """Some of the parameters; the description of each says what it may be."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read this class's parameters from the YAML file at `path`.

        Raises InputError where the file cannot be read, a parameter is missing or has a value
        that it cannot have, or the file has one that no stage knows.
        """
        try:
            # YAML 1.2, so that the 1e-06 that DVC writes is a number.
            values = YAML(typ="safe", pure=True).load(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f", line {mark.line + 1}" if mark else ""
            raise InputError(f"{path}{line}: cannot be read as YAML: {error.problem}.") from error
        except _NO_YAML as error:
            raise InputError(f"{path}: cannot be read as YAML: {error}") from error
        if not isinstance(values, dict):
            raise InputError(
                f"{path}: found no parameters; expected a line `name: value` for each."
            )
        for key in values:
            if key not in AllParams.model_fields:
                near = difflib.get_close_matches(str(key), AllParams.model_fields, n=1)
                advice = f"; did you mean {near[0]}?" if near else "."
                raise InputError(f"{path}: unknown parameter {str(key)[:80]}{advice}")
        try:
            return cls.check(**values)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    @classmethod
    def check(cls, **values: Any) -> Self:
        """Return the parameters among `values`; raise InputError where one cannot be so."""
        try:
            params = cls.model_validate(values)
        except ValidationError as error:
            key = str(error.errors()[0]["loc"][0])
            expected = cls.model_fields[key].description
            # Shortened: with YAML's aliases a few lines can say a great deal.
            found = f"found {reprlib.repr(values[key])}" if key in values else "missing"
            raise InputError(f"{key}: {found}; expected {expected}.") from None
        params._check_together()
        return params

    def _check_together(self) -> None:
        """Raise InputError where values that are right one by one do not fit each other."""


class ConversionParams(_Params, frozen=True):
    """What `convert` has to know of a raw file; see `records.Layout`."""

    image_side: _ImageSide
    pixel_range: _Range = Field(
        description="two numbers from -1e9 to 1e9, the lower first, such as [0, 2]"
    )
    first_label: _Whole = Field(ge=0, le=1000, description="a whole number from 0 to 1000")


class NetworkParams(_Params, frozen=True):
    """Which LeNet it is; see `network.LeNet`."""

    image_size: _ImageSize
    activation: Literal["relu", "tanh", "sigmoid", "scaled_tanh"] = Field(
        description="relu, tanh, sigmoid or scaled_tanh"
    )
    c3: Literal["full", "partial"] = Field(description="full or partial")
    pooling: Literal["max", "subsample"] = Field(description="max or subsample")


class ViewParams(_Params, frozen=True):
    """How the network is shown an image; see `augmentation.network_input`."""

    image_size: _ImageSize
    margin: _Number = Field(ge=0, le=2, description="a number from 0 to 2")
    centering: _Number = Field(ge=0, le=1, description="a number from 0 to 1")
    proportion: _Number = Field(ge=0, le=1, description="a number from 0 to 1")
    input_range: _Range = Field(
        description="two numbers from -1e9 to 1e9, the lower first, such as [-1, 1]"
    )


class RecognitionParams(ViewParams, frozen=True):
    """How the trained network is asked; see `prediction.probabilities`."""

    test_shift: _Number = Field(ge=0, le=2, description="a number from 0 to 2")


class ExportParams(RecognitionParams, frozen=True):
    """What the exported network takes, and how it looks at it; see `exchange.to_onnx`."""

    image_side: _ImageSide


class EvaluationParams(RecognitionParams, frozen=True):
    """How the trained network is asked, and where."""

    device: _Device


class WarpParams(_Params, frozen=True):
    """How training distorts digits; see `augmentation.random_affine` and `random_gamma`."""

    rotation: _Number = Field(ge=0, le=180, description="a number of degrees from 0 to 180")
    shear: _Number = Field(ge=0, le=2, description="a number from 0 to 2")
    scale: _Number = Field(ge=0, le=2, description="a number from 0 to 2")
    aspect: _Number = Field(ge=0, le=2, description="a number from 0 to 2")
    shift: _Number = Field(ge=0, le=2, description="a number from 0 to 2")
    gamma: _Number = Field(ge=0, le=2, description="a number from 0 to 2")


class DrawingParams(ViewParams, NetworkParams, WarpParams, frozen=True):
    """What the pictures of digits, warps and network show."""

    seed: _Seed


class TrainingParams(ViewParams, NetworkParams, WarpParams, frozen=True):
    """The network, its warps and its training; see `network.LeNet` and `training.fit`."""

    device: _Device
    members: _Whole = Field(ge=1, le=100, description="a whole number from 1 to 100")
    seed: _Seed
    validation_fraction: _Number = Field(ge=0, le=0.9, description="a number from 0 to 0.9")
    epochs: _Whole = Field(ge=1, le=100_000, description="a whole number from 1 to 100000")
    batch_size: _Whole = Field(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")
    replicas: _Whole = Field(ge=1, le=64, description="a whole number from 1 to 64")
    kvstore: Literal["local", "dist_sync"] = Field(description="local or dist_sync")
    workers: _Whole = Field(ge=1, le=64, description="a whole number from 1 to 64")
    optimizer: Literal["nag", "sgd"] = Field(description="nag or sgd")
    lr: _Number = Field(ge=_LEAST, le=100, description="a number from 1e-9 to 100")
    lr_schedule: Literal["cosine", "constant"] = Field(description="cosine or constant")
    warmup_epochs: _Whole = Field(ge=0, description="a whole number from 0 to below epochs")
    momentum: _ZeroOrSome = Field(ge=0, lt=1, description="0, or a number from 1e-9 to below 1")
    weight_decay: _ZeroOrSome = Field(ge=0, le=1, description="0, or a number from 1e-9 to 1")
    label_smoothing: _Number = Field(ge=0, lt=1, description="a number from 0 to below 1")

    def _check_together(self) -> None:
        if self.warmup_epochs >= self.epochs:
            raise InputError(
                f"warmup_epochs: found {self.warmup_epochs}; expected less than epochs, "
                f"which is {self.epochs}."
            )
        if self.workers > 1 and self.kvstore == "local":
            raise InputError(
                f"workers: found {self.workers}; expected 1 with kvstore: local. "
                "Several need kvstore: dist_sync."
            )


class AllParams(TrainingParams, EvaluationParams, ConversionParams, frozen=True):
    """All of params.yaml, for the report."""

    # Read by dvc.yaml itself too, which hands the files to the stages as arguments.
    train_file: str = Field(description="the path of a raw file")
    test_file: str = Field(description="the path of a raw file")


# Of the training's parameters those that are no arguments of `training.fit`: they settle what is
# trained, where, and on what.
NOT_OF_THE_FIT = {
    *NetworkParams.model_fields,
    "device",
    "kvstore",
    "members",
    "seed",
    "validation_fraction",
    "workers",
}
