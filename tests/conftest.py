"""What several test modules share."""

import numpy as np
import pytest
from hypothesis import settings

from lenet.digits import Digits

# How long an example takes says more of the machine than of the code.
settings.register_profile("lenet", deadline=None)
settings.load_profile("lenet")


@pytest.fixture
def random_digits() -> Digits:
    """Forty 16 x 16 noise images, four of each label, that no two tests share by reference."""
    generator = np.random.default_rng(0)
    return Digits(
        generator.random((40, 16, 16), dtype=np.float32), np.arange(40, dtype=np.int64) % 10
    )
