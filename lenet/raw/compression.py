"""Compressed files, decompressed piece by piece: gzip, bzip2 and xz, recognised by content."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from lenet.core.errors import InputError, untrusted
from lenet.core.files import MAX_EXPANSION, expands_too_far


def read_pieces(path: Path, file: io.BufferedReader, size: int) -> Iterator[bytes]:
    """Yield what a file holds, decompressed, in pieces of at most `size` bytes.

    Args:
        path: the file's name, for messages.
        file: the file, opened at its beginning.
        size: bytes of a piece.

    Raises InputError where the file is broken, or expands further than any text of digits.
    """
    pieces = _decompressed(file, size)
    total = 0
    while True:
        with untrusted(
            f"{path}: cannot be read, broken or cut short",
            "Fetch it again.",
            passing=(MemoryError,),
        ):
            piece = next(pieces, b"")
        if not piece:
            return
        total += len(piece)
        if expands_too_far(path, total):
            raise InputError(
                f"{path}: unpacks to more than {MAX_EXPANSION} times its size; expected "
                "digit images, whose text shrinks to about a tenth. Unpack it to see what it is."
            )
        yield piece


def _decompressed(file: io.BufferedReader, size: int) -> Iterator[bytes]:
    magic = file.peek(6)
    if magic.startswith(b"\xfd7zXZ\0"):
        yield from _streams(file, lzma.LZMADecompressor, b"\0", size)
    elif magic.startswith(b"BZh"):
        yield from _streams(file, bz2.BZ2Decompressor, b"", size)
    else:
        plain = gzip.GzipFile(fileobj=file) if magic.startswith(b"\x1f\x8b") else file
        yield from iter(partial(plain.read, size), b"")


def _streams(
    file: io.BufferedReader,
    decompressor: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor],
    padding: bytes,
    size: int,
) -> Iterator[bytes]:
    """Yield what the consecutive bzip2 or xz streams of a file hold; `padding` may follow each.

    Python's own readers silently ignore what follows the first stream where it is no whole stream.
    """
    stream = decompressor()
    for compressed in iter(partial(file.read, size), b""):
        rest = compressed
        while not stream.eof or (rest := rest.lstrip(padding)):
            if stream.eof:
                stream = decompressor()
            if piece := stream.decompress(rest, size):
                yield piece
            if stream.needs_input:
                break
            rest = stream.unused_data
    if not stream.eof:
        raise EOFError("it ends before its end marker")
