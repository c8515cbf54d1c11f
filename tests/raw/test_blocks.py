from pathlib import Path

import pytest

from lenet.core.errors import InputError
from lenet.raw.blocks import blocks
from lenet.raw.text import PIECE_BYTES, TextFile


def whole_lines(text: bytes) -> int:
    return text.rfind(b"\n") + 1


def test_what_is_not_used_begins_the_next_block_with_the_number_of_its_line() -> None:
    file = TextFile(Path("a"), b"head\nab\nc", iter([b"d\ne", b"f\n\ng", b"h"]))
    found = []
    for number, block in enumerate(blocks(file, end=whole_lines, numbers=1, skip=5)):
        found.append((block.text, block.line, block.is_last))
        if number == 1:
            block.used = 1
    assert found == [
        (b"ab\n", 2, False),
        (b"cd\n", 3, False),
        (b"d\nef\n\n", 3, False),
        (b"gh", 6, True),
    ]


def test_a_file_of_one_piece_is_one_block() -> None:
    file = TextFile(Path("a"), b"ab\nc", iter([]))
    assert [block.text for block in blocks(file, end=whole_lines, numbers=1)] == [b"ab\nc"]


def test_text_that_is_never_used_is_refused_with_the_line_where_it_begins() -> None:
    file = TextFile(Path("a"), b"ab\n\n\n", iter([b"c" * PIECE_BYTES, b"d" * 65, b"e"]))
    with pytest.raises(
        InputError, match=rf"^a, line 4: found {PIECE_BYTES + 65} bytes .* expected 1 numbers"
    ):
        list(blocks(file, end=whole_lines, numbers=1))
