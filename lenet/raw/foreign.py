"""Files that are not raw files of images, but are often taken for such: named, with what to do."""

import re
import shlex
from math import isfinite, isqrt
from pathlib import Path

import numpy as np

from lenet.raw.numbers import NUMBER_BYTES

_AS_NPZ = (
    "Write its images and labels as npz: `numpy.savez('mine.npz', images=..., labels=...)`, images "
    "float32 (n, side, side) from 0 = background to 1, labels int64 (n,)."
)
_AS_FOLDER = (
    "A folder with a subfolder of pictures for each class can be read; `lenet predict` reads a "
    "single picture."
)
_UNPACK = "Unpack it."
_COMPRESSED = (".gz", ".bz2", ".xz")
_AS_JPEG = "Save it as JPEG or PNG, which can be read."

# Offset, first bytes, what such a file is, and what to do.
_SIGNATURES = (
    (0, b"\x89PNG", "a PNG picture", _AS_FOLDER),
    (0, b"\xff\xd8\xff", "a JPEG picture", _AS_FOLDER),
    (0, b"GIF8", "a GIF picture", _AS_FOLDER),
    (0, b"II*\0", "a TIFF picture", _AS_FOLDER),
    (0, b"MM\0*", "a TIFF picture", _AS_FOLDER),
    (8, b"WEBP", "a WebP picture", _AS_FOLDER),
    (4, b"ftyphei", "a HEIC picture", _AS_JPEG),
    (4, b"ftyphev", "a HEIC picture", _AS_JPEG),
    (4, b"ftypmif1", "a HEIF picture", _AS_JPEG),
    (4, b"ftypavi", "an AVIF picture", _AS_JPEG),
    (0, b"\0\0\x08\x03", "a file of images in MNIST's IDX format", _AS_NPZ),
    (0, b"\0\0\x08\x01", "a file of labels in MNIST's IDX format", _AS_NPZ),
    (0, b"\x93NUMPY", "a single NumPy array (.npy)", _AS_NPZ),
    (0, b"MATLAB", "a MATLAB file", _AS_NPZ),
    (0, b"\x89HDF", "an HDF5 file", _AS_NPZ),
    (0, b"PAR1", "a Parquet file", _AS_NPZ),
    (0, b"\x80\x02", "a pickle of Python", _AS_NPZ),
    (0, b"\x80\x03", "a pickle of Python", _AS_NPZ),
    (0, b"\x80\x04", "a pickle of Python", _AS_NPZ),
    (0, b"\x80\x05", "a pickle of Python", _AS_NPZ),
    (0, b"%PDF", "a PDF document", _AS_JPEG),
    (0, b"PK\x03\x04", "a zip archive", _UNPACK),
    (0, b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
    (257, b"ustar", "a tar archive", _UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a file compressed by zstd", _UNPACK),
)

# Lines and bytes of the file that are looked at.
_LINES, _BYTES = 200, 1 << 20


def explain(path: Path, start: bytes, *, needs_labels: bool = True) -> str | None:
    """Return what a file seems to be, and what to do, or None where it may be a raw file.

    Args:
        path: the file's name, for the advice.
        start: the beginning of the file, decompressed.
        needs_labels: whether it matters that there are no labels, or where they stand.
    """
    if path.suffix in _COMPRESSED:
        said = explain(path.with_suffix(""), start, needs_labels=needs_labels)
        # The advice may be a command.
        return f"{said} Unpack the file first." if said and "`" in said else said
    for offset, signature, name, advice in _SIGNATURES:
        if start.startswith(signature, offset):
            return f"this is {name}. {advice}".rstrip()
    text = start[:_BYTES].lstrip()
    if text[:1] in (b"[", b"{"):
        return f"this seems to be JSON. {_AS_NPZ}"
    if re.match(rb"<!doctype|<html|<\?xml", text, re.IGNORECASE):
        return "this is a web page or XML; perhaps a download went wrong."
    if re.match(rb"P[1-6]\s", text):
        return f"this is a PBM, PGM or PPM picture. {_AS_FOLDER}"
    lines = _first_lines(start)
    if not needs_labels:
        return _explain_csv(path, lines)
    if label_is_last(start):
        return (
            "the label seems to be the last number of each line, behind the pixels. "
            f"`awk 'NF>2 {{l=$NF; $NF=\"\"; print l, $0}}' {_quoted(path)} > "
            f"{_quoted(path, '.jf')}` puts it in front."
        )
    return _explain_csv(path, lines) or _explain_labels(path, lines)


def _quoted(path: Path, suffix: str = "") -> str:
    """Return a name for the shell: the file's own, or that of a new file with `suffix`."""
    return shlex.quote(f"{path.stem}_new{suffix}" if suffix else str(path))


def label_is_last(start: bytes) -> bool:
    """Return whether each line seems to hold the pixels of a square image, and then its label."""
    table = _table(_first_lines(start))
    if table is None or isqrt(table.shape[1] - 1) ** 2 != table.shape[1] - 1:
        return False
    first, last = table[:, 0], table[:, -1]
    # In front of pixels from 0 on, -1 is no pixel.
    if (first == -1).all() and table[:, 1:].min() >= 0:
        return False
    if not _could_be_labels(last) or last.min() < 0 or _could_be_labels(first):
        return False
    # The first pixel of most images is background, and a last pixel has few values or many.
    return bool(first[0] == table.min() and 3 <= len(np.unique(last)) <= len(last) / 2)


def _first_lines(start: bytes) -> list[bytes]:
    lines = start[:_BYTES].splitlines()
    # The last line may be cut off.
    return [line for line in lines[: max(1, len(lines) - 1)] if line.strip()][:_LINES]


def _table(lines: list[bytes]) -> np.ndarray | None:
    """Return the numbers of lines that hold equally many, or None."""
    rows = [line.split() for line in lines]
    longest = max((len(row) for row in rows), default=0)
    # A header may take two lines, and the end marker a line.
    body = rows[2:-1]
    if longest < 5 or not body or any(len(row) != longest for row in body):
        return None
    rows = [row for row in rows if len(row) == longest]
    if not all(_is_number(word) for row in rows for word in row):
        return None
    return np.array(rows, np.float64)


def _explain_csv(path: Path, lines: list[bytes]) -> str | None:
    """Explain a file of comma-separated values."""
    if not lines:
        return None
    body = lines[1] if len(lines) > 1 else lines[0]
    for separator, name in (
        (b",", "CSV, numbers separated by commas"),
        (b";", "CSV, by semicolons"),
    ):
        if body.count(separator) < 3 or lines[0].count(separator) != body.count(separator):
            continue
        first = 1 if _is_number(lines[0].split(separator)[0]) else 2
        return (
            f"this seems to be {name}. If the label is the first column, `tail -n +{first} "
            f"{_quoted(path)} | tr '{separator.decode()}' ' ' > {_quoted(path, '.jf')}` makes a "
            ".jf file."
        )
    return None


def _explain_labels(path: Path, lines: list[bytes]) -> str | None:
    """Explain labels that are missing, or no numbers."""
    words = [words for words in (line.split() for line in lines) if len(words) > 2]
    first = {row[0] for row in words if not row[0].startswith(b"#")}
    if first and first <= {b"-1", b"?"}:
        return (
            "there are no labels, only -1 or a question mark. Training needs labels; `lenet "
            "predict` does not."
        )
    table = _table(lines)
    if table is not None and isqrt(table.shape[1]) ** 2 == table.shape[1]:
        side = isqrt(table.shape[1])
        return (
            f"lines hold {side} x {side} numbers, so there is no label. Training needs a label in "
            "front of each image; `lenet predict` does not."
        )
    if any(re.fullmatch(rb"[A-Za-z][^:]*", label) for label in first):
        rest = (word.rpartition(b":")[2] for row in words for word in row[1:])
        if all(map(_is_number, rest)):
            new = _quoted(path, path.suffix)
            return (
                "the labels are words. Training needs whole numbers. "
                f"`awk '{{if (!($1 in n)) n[$1]=k++; $1=n[$1]; print}}' {_quoted(path)} > {new}` "
                "numbers them in the order in which they first occur."
            )
    if first and all(b":" in label for label in first):
        return (
            "lines begin with an index:value pair, so there are no labels. Training needs labels; "
            "`lenet predict` does not."
        )
    return None


def _could_be_labels(column: np.ndarray) -> bool:
    """Return whether numbers may be labels: whole, and not all the same."""
    return bool((column == np.floor(column)).all() and np.ptp(column) > 0)


def _is_number(word: bytes) -> bool:
    try:
        return not word.translate(None, NUMBER_BYTES) and isfinite(float(word))
    except ValueError:
        return False
