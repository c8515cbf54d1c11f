"""Text files, plain or compressed: opened, and refused if they are no text."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lenet.core.errors import InputError
from lenet.raw.compression import read_pieces
from lenet.raw.foreign import explain

# Large enough for the parser's full speed, small enough to stay in the processor's cache.
PIECE_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class TextFile:
    """An open text file, to be read once from its beginning.

    path: as the user gave it, for messages.
    start: the first piece of the file, which shows its format.
    rest: the following pieces.
    """

    path: Path
    start: bytes
    rest: Iterator[bytes]


@contextmanager
def open_text(path: Path) -> Iterator[TextFile]:
    """Open a text file; gzip, bzip2 and xz are recognised by content.

    Raises InputError where the file is missing, unreadable, empty, binary or broken.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    with file:
        pieces = read_pieces(path, file, PIECE_BYTES)
        start = b""
        # The first of several compressed streams may be too short to show the format.
        while len(start) < PIECE_BYTES and (piece := next(pieces, b"")):
            start += piece
        start = start.removeprefix(_BYTE_ORDER_MARK)
        if not start.strip():
            raise InputError(f"{path}: the file is empty; expected digit images.")
        if b"\0" in start or start.startswith(b"\x80"):
            reason = explain(path, start)
            raise InputError(
                f"{path}: {reason}"
                if reason
                else f"{path}: a binary file; expected .jf or image-text, plain, .gz, .bz2 or .xz."
            )
        if b"\r" in start and b"\n" not in start:
            raise InputError(
                f"{path}: lines end in CR alone; expected LF or CR LF. "
                "`tr '\\r' '\\n'` makes LF of CR."
            )
        yield TextFile(path, start, pieces)
