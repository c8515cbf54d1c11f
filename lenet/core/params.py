"""Reading params.yaml as a frozen model that checks itself.

The models stand beside the code that they configure; this module knows none of their fields.
"""

import difflib
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from typing_extensions import Self

from lenet.core.errors import InputError, Place, untrusted


def _different(pair: tuple[float, float]) -> tuple[float, float]:
    # float32 can hold this difference.
    if abs(pair[1] - pair[0]) < 1e-9:
        raise ValueError
    return pair


def _as_float32_has_it(value: float) -> float:
    # MXNet refuses numbers that are too small for a float32.
    return value if abs(value) > 1e-30 else 0.0


# Strict: `true` is no number, 2.5 is no whole number, and text is neither.
Number = Annotated[
    float, Field(strict=True, allow_inf_nan=False), AfterValidator(_as_float32_has_it)
]
Whole = Annotated[int, Field(strict=True)]
_Bound = Annotated[float, Field(strict=True, ge=-1e9, le=1e9)]
# From one value to another, up or down.
Span = Annotated[tuple[_Bound, _Bound], AfterValidator(_different)]
ClassCount = Annotated[
    int, Field(strict=True, ge=2, le=1000, description="a whole number from 2 to 1000")
]


class Params(BaseModel, frozen=True, extra="forbid"):
    """Parameters that belong together: all of params.yaml, or a group of it.

    A field is a parameter, whose description says what it may be, and whose example is the value in
    the default recipe; or a group, a model of its own.
    """

    @classmethod
    def load(cls, path: Path = Path("params.yaml")) -> Self:
        """Read the YAML file at `path`.

        Raises InputError where the file cannot be read, or a parameter is missing, unknown or
        out of its range.
        """
        return cls.check(read(path), f"{path}: ")

    @classmethod
    def check(cls, values: Mapping[str, Any], prefix: str = "") -> Self:
        """Return the parameters `values`; raise InputError where one is wrong or missing.

        Args:
            values: by name; those of a group are a mapping too.
            prefix: what messages say before a name, such as the file or the group.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            # An unknown name explains the missing one that it stands for.
            first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
            missing = first["type"] == "missing"
            # A few lines of YAML with aliases can make a huge value, so the message shortens it.
            found = "missing" if missing else f"found {reprlib.repr(first['input'])}"
            raise cls._error(first["loc"], found, prefix) from None

    @classmethod
    def _error(cls, location: Sequence[int | str], found: str, prefix: str) -> InputError:
        """Return the error of the parameter at a location, a name or the names of group and key."""
        name = str(location[0])
        field = cls.model_fields.get(name)
        if field is None:
            near = difflib.get_close_matches(name, cls.model_fields, n=1)
            advice = f"Did you mean {near[0]}?" if near else ""
            return InputError(f"{prefix}{name[:80]}", "unknown parameter", advice=advice)
        group = field.annotation
        if isinstance(group, type) and issubclass(group, Params):
            if len(location) > 1:
                return group._error(location[1:], found, f"{prefix}{name}.")
            expected = "a group of parameters, a line `  name: value` for each"
            return InputError(f"{prefix}{name}", found, expected)
        return InputError(f"{prefix}{name}", found, field.description or "")

    @classmethod
    def recipe(cls) -> dict[str, Any]:
        """Return the default recipe: values by their dotted names; data have no default."""
        values: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            group = field.annotation
            if isinstance(group, type) and issubclass(group, Params):
                values |= flat(group.recipe(), f"{name}.")
            elif field.examples:
                values[name] = field.examples[0]
        return values

    def changed(self, values: Mapping[str, object]) -> Self:
        """Return the parameters with other `values`, by their dotted names, such as "raw.side".

        Raises InputError where a name is unknown, or a value out of its range.
        """
        new = self.model_dump()
        for name, value in values.items():
            group, _, key = name.rpartition(".")
            (new.setdefault(group, {}) if group else new)[key] = value
        return self.check(new)


def read(path: Path) -> dict[str, Any]:
    """Return what the YAML file at `path` holds, unchecked.

    Raises InputError where it cannot be read, or holds no mapping.
    """
    try:
        with untrusted(path, "cannot be read as YAML", passing=(MarkedYAMLError, OSError)):
            # DVC writes 1e-06, which is a number in YAML 1.2 only.
            values = YAML(typ="safe", pure=True).load(path)
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror})") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(path, line=mark.line + 1 if mark else None)
        raise InputError(place, f"cannot be read as YAML: {error.problem}") from error
    if not isinstance(values, dict):
        raise InputError(path, "found no parameters", "a line `name: value` for each")
    return {str(name): value for name, value in values.items()}


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the parameters of all groups by their dotted names, such as "raw.side"."""
    named: dict[str, Any] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        named |= flat(value, f"{key}.") if isinstance(value, dict) else {key: value}
    return named
