from pathlib import Path

import pytest
from PIL import Image

from lenet.core.errors import InputError
from lenet.pictures import characters, decode


def test_a_picture_of_too_many_pixels(tmp_path: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(tmp_path / "a.png")
    assert decode.is_picture(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png: not a picture that can be read \(Image size"):
        characters.read(tmp_path / "a.png")
