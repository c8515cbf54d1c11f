"""A Ctrl-C while a network learns."""

import signal

import pytest

from lenet.core.interrupt import held_back

pytestmark = pytest.mark.usefixtures("_ctrl_c_raises")


class Forgotten:
    """Python drops what a destructor raises."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_a_ctrl_c_is_held_back_until_it_is_asked_for() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held_back() as interrupted:
        interrupted()
        Forgotten()
        done.append("the step")
        interrupted()
        done.append("another step")
    assert done == ["the step"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_ctrl_c_that_is_not_asked_for_comes_at_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_is_not_held_back() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
        done.append("waiting")
        signal.raise_signal(signal.SIGINT)
        done.append("still waiting")
    assert done == ["waiting"]


def test_another_handler_stays() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_within_is_not_replaced() -> None:
    with pytest.raises(ValueError, match="theirs"), held_back():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("theirs")
