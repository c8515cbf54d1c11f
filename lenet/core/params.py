"""Reading params.yaml: its top level or one of its groups, as a frozen model that checks itself.

Each model stands beside the code that it configures; this module knows none of their fields.
"""

import difflib
import reprlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from typing_extensions import Self

from lenet.core.errors import InputError, untrusted

# The smallest parameter other than 0; float32 can hold it.
LEAST = 1e-9


def _ascending(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[1] - pair[0] < LEAST:
        raise ValueError
    return pair


def _different(pair: tuple[float, float]) -> tuple[float, float]:
    if abs(pair[1] - pair[0]) < LEAST:
        raise ValueError
    return pair


def _zero_or_some(value: float) -> float:
    if 0 < value < LEAST:
        raise ValueError
    return value


# Strict: `true` is no number, 2.5 is no whole number, and text is neither.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
_Bound = Annotated[float, Field(strict=True, ge=-1e9, le=1e9)]
ZeroOrSome = Annotated[Number, AfterValidator(_zero_or_some)]
Range = Annotated[tuple[_Bound, _Bound], AfterValidator(_ascending)]
# From one value to another, up or down.
Span = Annotated[tuple[_Bound, _Bound], AfterValidator(_different)]


class Params(BaseModel, frozen=True):
    """Parameters that belong together; the description of each field says what it may be.

    group: the key of params.yaml that holds them; None for the top level.
    others: keys at the same level that belong to other models; None if these are not checked.
    """

    group: ClassVar[str | None] = None
    others: ClassVar[Collection[str] | None] = ()

    @classmethod
    def load(cls, path: Path = Path("params.yaml"), **elsewhere: Any) -> Self:
        """Read this model's parameters from the YAML file at `path`.

        Args:
            path: the file.
            elsewhere: values of fields that are not in the model's group.

        Raises InputError where the file cannot be read, or a parameter is missing, unknown or
        out of its range.
        """
        values = read(path)
        if cls.group is not None:
            if cls.group not in values:
                advice = _did_you_mean(cls.group, values)
                raise InputError(f"{path}: {cls.group}: missing; expected a group{advice}")
            values = values[cls.group]
            if not isinstance(values, dict):
                raise InputError(
                    f"{path}: {cls.group}: found {reprlib.repr(values)}; expected a group of "
                    f"parameters, a line `  name: value` for each."
                )
        values = {str(key): value for key, value in values.items()}
        for key in elsewhere.keys() & values.keys():
            raise InputError(f"{path}: {cls.group}.{key}: unknown parameter.")
        try:
            return cls.check(**values, **elsewhere)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    def changed(self, **values: Any) -> Self:
        """Return the parameters with other `values`; raise InputError where one is wrong."""
        return self.check(**self.model_dump() | values)

    @classmethod
    def check(cls, /, **values: Any) -> Self:
        """Return the parameters `values`; raise InputError where one is wrong or missing."""
        prefix = f"{cls.group}." if cls.group else ""
        known = {*cls.model_fields, *(cls.others or ())}
        for key in values:
            if key not in known and cls.others is not None:
                advice = _did_you_mean(key, known, prefix)
                raise InputError(f"{prefix}{key[:80]}: unknown parameter{advice}")
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            key = str(error.errors()[0]["loc"][0])
            expected = cls.model_fields[key].description
            # A few lines of YAML with aliases can make a huge value, so the message shortens it.
            found = f"found {reprlib.repr(values[key])}" if key in values else "missing"
            raise InputError(f"{prefix}{key}: {found}; expected {expected}.") from None


def read(path: Path) -> dict[str, Any]:
    """Return what the YAML file at `path` holds, unchecked.

    Raises InputError where it cannot be read, or holds no mapping.
    """
    try:
        with untrusted(f"{path}: cannot be read as YAML", passing=(MarkedYAMLError, OSError)):
            # DVC writes 1e-06, which is a number in YAML 1.2 only.
            values = YAML(typ="safe", pure=True).load(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{line}: cannot be read as YAML: {error.problem}.") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: found no parameters; expected a line `name: value` for each.")
    return values


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the parameters of all groups by their dotted names, such as "raw.side"."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        found |= flat(value, f"{key}.") if isinstance(value, dict) else {key: value}
    return found


def _did_you_mean(key: str, known: Collection[str], prefix: str = "") -> str:
    near = difflib.get_close_matches(key, map(str, known), n=1)
    return f"; did you mean {prefix}{near[0]}?" if near else "."
