"""The formats of raw files, and which of them a file has, by its content."""

import importlib
import re
import shlex
from types import ModuleType

from lenet.core.errors import InputError
from lenet.raw.text import AS_NPZ, RawFile

_COMMENTS = rb"([ \t]*(#[^\n]*)?\r?\n)*"
_AS_FOLDER = "Put it into a subfolder of its class; `lenet predict` reads a single picture."
_AS_JPEG = "Save it as JPEG or PNG, which can be read."
_AS_CSV = (
    '`gzip -cdf FILE | awk \'tolower($1) ~ /^@attr/ {names = names comma $2; comma = ","} '
    "tolower($1) ~ /^@data/ {print names} /^[^@%]/' > mine.csv` makes CSV of it."
)
_AS_JF = (
    '`gzip -cdf FILE | awk \'{for (i = 257; i <= 266; i++) if ($i == 1) printf "%d", i - 257; '
    'for (i = 1; i <= 256; i++) printf " %d", $i; print ""}\' > mine.jf` makes .jf of it.'
)
# Kinds of files in the order in which they are asked: what they are, how they begin, and the module
# that reads them, or what to do instead. A module has `read(file, layout)`, which yields Records,
# and `about(file)`, which returns an About; both raise InputError at a fault of the file.
_KINDS = (
    ("IDX", rb"\0\0[\x08-\x0e][\x01-\x04]", "arrays", ""),
    ("MATLAB", rb"MATLAB", "arrays", ""),
    ("HDF5", rb"\x89HDF", "arrays", ""),
    (
        "a picture",
        rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|BM.{4}\0\0|P[1-6]\n|RIFF",
        "",
        _AS_FOLDER,
    ),
    ("a HEIC or AVIF picture", rb".{4}ftyp(he[iv]|mif1|avi)", "", _AS_JPEG),
    ("a PDF document", rb"%PDF", "", _AS_JPEG),
    ("a NumPy array, a pickle or JSON", rb"\x93NUMPY|\x80[\x02-\x05]|\s*[\[{]", "", AS_NPZ),
    ("a Parquet file", rb"PAR1", "", AS_NPZ),
    ("a web page or XML", rb"\s*<", "", "Perhaps a download went wrong."),
    ("an archive", rb"PK\x03\x04|7z\xbc\xaf|Rar!|.{257}ustar|\x28\xb5\x2f\xfd", "", "Unpack it."),
    ("an ARFF file", rb"(\s*%[^\n]*\n)*\s*(?i:@relation)", "", _AS_CSV),
    ("the data set semeion", rb"([01]\.0+ ){256}([01] ?){10}\s", "", _AS_JF),
    ("a binary file", rb".*\0", "", ""),
    ("image-text", rb".*?(?m:^[^#\n]*?\d[ \t]*:)", "image_text", ""),
    ("CSV", _COMMENTS + rb"[^#\n]*[;|]", "csv_text", ""),
    # Numbers between tabs, or with decimal commas between blanks, are .jf or meant to be.
    ("CSV", _COMMENTS + rb"(?![^\n]*\d +[-\d])[^#\n]*,", "csv_text", ""),
    ("CSV", _COMMENTS + rb"(?=[^#\n]*\t)[^\n]*[\"A-DF-Za-df-z]", "csv_text", ""),
    (".jf", rb"", "jf", ""),
)
_NAMES = dict.fromkeys(name for name, _, module, _ in _KINDS if module)
READABLE = f"{', '.join(_NAMES)}, plain, .gz, .bz2 or .xz; npz; or a folder of pictures"


def format_of(file: RawFile) -> ModuleType:
    """Return the module of a file's format; raise InputError where the file is of another kind."""
    name, _, module, advice = next(
        kind for kind in _KINDS if re.match(kind[1], file.start, re.DOTALL)
    )
    if not module:
        advice = advice.replace("FILE", shlex.quote(str(file.path)))
        raise InputError(file.path, f"this is {name}", READABLE, advice)
    return importlib.import_module(f"lenet.raw.{module}")
