"""What several test modules share."""

import shutil
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from lenet.digits import Digits

# How long an example takes says more of the machine than of the code.
settings.register_profile("lenet", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=50_000)
settings.load_profile("lenet")


@pytest.fixture
def random_digits() -> Digits:
    """Forty 16 x 16 noise images, four of each label, that no two tests share by reference."""
    generator = np.random.default_rng(0)
    return Digits(
        generator.random((40, 16, 16), dtype=np.float32), np.arange(40, dtype=np.int64) % 10
    )


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A headless Chromium or Chrome; where there is none, the test is skipped."""
    path = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
    if path is None:
        pytest.skip("needs Chromium or Chrome")
    with sync_playwright() as playwright:
        # Root has no sandbox in a container.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
