"""Blocks of text from which a reader makes records; what makes no whole record yet is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from lenet.core.errors import InputError, Place
from lenet.raw.text import PIECE_BYTES, TextFile

# Bytes that a number and the white space around it may take at most.
_NUMBER_BYTES = 64


@dataclass
class Block:
    """Text that begins where the last whole record of the block before ends.

    text: the text.
    line: the number of the line that `text` begins on, or in the middle of.
    is_last: whether the file ends with `text`.
    used: bytes of `text` that are done; the next block begins with the others. The reader sets it.
    """

    text: bytes
    line: int
    is_last: bool
    used: int


def blocks(
    file: TextFile, *, end: Callable[[bytes], int], numbers: int, skip: int = 0
) -> Iterator[Block]:
    """Yield the blocks of a file, each of about a piece.

    Args:
        file: the file.
        end: returns how many bytes of a text can be read before more of it is known.
        numbers: the most numbers that a record has.
        skip: bytes at the file's beginning to leave out.

    Raises InputError where more text than a record can have makes none.
    """
    most = PIECE_BYTES + _NUMBER_BYTES * numbers
    line = 1 + file.start.count(b"\n", 0, skip)
    pieces = chain([file.start[skip:]], file.rest)
    text = next(pieces)
    is_last = False
    while not is_last:
        following = next(pieces, b"")
        is_last = not following
        whole = len(text) if is_last else end(text)
        block = Block(text[:whole], line, is_last, used=whole)
        yield block
        line += text.count(b"\n", 0, block.used)
        rest = text[block.used :]
        if len(rest) > most:
            line += rest.count(b"\n", 0, len(rest) - len(rest.lstrip()))
            raise InputError(
                Place(file.path, line),
                f"found {len(rest)} bytes that make no whole record",
                f"{numbers} numbers at most, in {most} bytes at most",
            )
        text = rest + following
