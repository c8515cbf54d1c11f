"""Files of other kinds that are often taken for raw files: named, with what to do."""

import re
import shlex
from math import isqrt
from pathlib import Path

import numpy as np

from lenet.core.errors import InputError

_RAW = ".jf or image-text, plain, .gz, .bz2 or .xz; npz; or a folder of pictures"
_AS_NPZ = (
    "Write its images and labels as npz: `numpy.savez('mine.npz', images=..., labels=...)`, images "
    "float32 (n, side, side) from 0 = background to 1, labels int64 (n,)."
)
_AS_FOLDER = (
    "A folder with a subfolder of PNG or JPEG pictures for each class can be read; `lenet predict` "
    "reads a single picture."
)
_AS_JPEG = "Save it as JPEG or PNG, which can be read."

# How a file begins, what it is, and what to do.
_SIGNATURES = (
    (rb"\x89PNG", "a PNG picture", _AS_FOLDER),
    (rb"\xff\xd8\xff", "a JPEG picture", _AS_FOLDER),
    (rb"GIF8|II\*\0|MM\0\*|BM.{4}\0\0|.{8}WEBP|P[1-6]\n", "a picture", _AS_FOLDER),
    (rb".{4}ftyphe[iv]", "a HEIC picture", _AS_JPEG),
    (rb".{4}ftypmif1", "a HEIF picture", _AS_JPEG),
    (rb".{4}ftypavi", "an AVIF picture", _AS_JPEG),
    (rb"%PDF", "a PDF document", _AS_JPEG),
    (rb"\0\0\x08[\x01\x03]", "a file of MNIST's IDX format", _AS_NPZ),
    (rb"\x93NUMPY", "a single NumPy array (.npy)", _AS_NPZ),
    (rb"MATLAB|\x89HDF", "a MATLAB or HDF5 file", _AS_NPZ),
    (rb"PAR1", "a Parquet file", _AS_NPZ),
    (rb"\x80[\x02-\x05]", "a pickle of Python", _AS_NPZ),
    (rb"\s*[\[{]", "JSON", _AS_NPZ),
    (rb"(?i)\s*(<!doctype|<html|<\?xml)", "a web page or XML", "Perhaps a download went wrong."),
    (rb"PK\x03\x04|7z\xbc\xaf|Rar!|.{257}ustar", "an archive", "Unpack it."),
    (rb"\x28\xb5\x2f\xfd", "a file compressed by zstd", "Unpack it."),
)
# Puts the last number of each line in front.
_LABEL_FIRST = "awk 'NF>2 {l=$NF; $NF=\"\"; print l, $0}'"

# Lines and bytes of the file that are looked at.
_LINES, _BYTES = 200, 1 << 20


def refuse(path: Path, start: bytes) -> None:
    """Raise InputError where a file is of another kind.

    Args:
        path: the file's name.
        start: the beginning of the file, decompressed.
    """
    for signature, name, advice in _SIGNATURES:
        if re.match(signature, start, re.DOTALL):
            raise InputError(path, f"this is {name}", _RAW, advice)
    if b"\0" in start:
        raise InputError(path, "a binary file", _RAW)
    _refuse_csv(path, start)


def _refuse_csv(path: Path, start: bytes) -> None:
    """Raise InputError where a text is CSV or ARFF, with a command that makes .jf of it."""
    is_arff = re.search(rb"(?im)^@relation\b", start) is not None
    lines = first_lines(start)
    for separator, point in ((b";", b","), (b",", b".")):
        counts = {line.count(separator) for line in lines}
        if len(counts) != 1 or min(counts) < 3:
            continue
        has_heading = not is_arff and _names_columns(lines[0].split(separator))
        steps = ["grep -v '^[#%@]'"]
        if has_heading:
            steps.append("tail -n +2")
        steps.append("tr ',' ' '" if separator == b"," else "tr ';,' ' .'")
        plain = [line.replace(separator, b" ").replace(point, b".") for line in lines]
        if label_is_last(plain[has_heading:]):
            steps.append(_LABEL_FIRST)
        name = "an ARFF file" if is_arff else "CSV"
        raise InputError(path, f"this seems to be {name}", _RAW, _command(path, steps))


def refuse_last_label(path: Path, start: bytes) -> None:
    """Raise InputError where the labels of a text stand behind the pixels."""
    if label_is_last(first_lines(start)):
        raise InputError(
            path,
            "the label seems to be the last number of each line",
            "it in front of the pixels",
            _command(path, [_LABEL_FIRST]),
        )


def _command(path: Path, steps: list[str]) -> str:
    """Return advice to pipe a file through commands into a new file."""
    unpack = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".xz": "xz -dc"}.get(path.suffix, "cat")
    new = shlex.quote(f"{path.name.split('.')[0]}_new.jf")
    command = " | ".join([f"{unpack} {shlex.quote(str(path))}", *steps])
    return f"`{command} > {new}` makes a .jf file."


def label_is_last(lines: list[bytes]) -> bool:
    """Return whether lines seem to hold the pixels of a square image each, and then its label."""
    try:
        # A header may take two lines.
        table = np.array([line.split() for line in lines[2:]], np.float64)
    except ValueError:
        return False
    if table.ndim != 2 or table.shape[1] < 5 or isqrt(table.shape[1] - 1) ** 2 != len(table[0]) - 1:
        return False
    first, last = table[:, 0], table[:, -1]
    # The first pixel of images is background; -1 in front of other pixels is a missing label.
    if np.ptp(first) or first[0] != table.min() or first[0] == -1 < 0 <= table[:, 1:].min():
        return False
    # The last pixel would be background too in most images.
    values, counts = np.unique(last, return_counts=True)
    whole = values[0] >= 0 and (values == np.floor(values)).all()
    return bool(whole and len(values) > 2 and counts.max() <= len(last) / 2)


def first_lines(start: bytes) -> list[bytes]:
    """Return the first lines without comments, attributes of ARFF and the last line."""
    lines = start[:_BYTES].splitlines()
    # The last line may be cut off.
    lines = [line.partition(b"#")[0].strip() for line in lines[: max(1, len(lines) - 1)]]
    return [line for line in lines if line and line[:1] not in b"%@"][:_LINES]


def _names_columns(words: list[bytes]) -> bool:
    """Return whether words name columns: no numbers, or numbers that count up."""
    try:
        numbers = [float(word.replace(b",", b".")) for word in words]
    except ValueError:
        return True
    return numbers == [numbers[0] + i for i in range(len(words))]
