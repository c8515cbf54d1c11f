"""The figures of a test set in one line."""

from collections.abc import Mapping
from typing import Any


def summary(headline: Mapping[str, Any]) -> str:
    """Return the figures of `measures.headline` that matter most, as a line for users."""
    return (
        f"test accuracy {headline['accuracy']:.4f}: {headline['errors']} errors in "
        f"{headline['images']} images, error rate {headline['error_rate']:.2%} "
        f"(95 % interval {headline['error_rate_low']:.2%} to {headline['error_rate_high']:.2%})"
    )
