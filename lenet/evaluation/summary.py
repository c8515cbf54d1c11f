"""Figures in words."""

from collections.abc import Mapping
from typing import Any


def summary(headline: Mapping[str, Any]) -> str:
    """Return the figures of `measures.headline` that matter most, as a line for users."""
    return (
        f"test accuracy {headline['accuracy']:.4f}: {counted(headline['errors'], 'error')} in "
        f"{counted(headline['images'], 'image')}, error rate {headline['error_rate']:.2%} "
        f"(95 % interval {headline['error_rate_low']:.2%} to {headline['error_rate_high']:.2%})"
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which gets an s unless the number is 1."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
