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
    with pytest.raises(KeyboardInterrupt), held_back() as release:
        release()
        Forgotten()
        done.append("the step")
        release()
        done.append("another step")
    assert done == ["the step"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_ctrl_c_that_is_not_asked_for_comes_at_the_end_and_a_second_at_once() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
        done.append("held back")
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("held back too")
    assert done == ["held back"]


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with held_back():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_an_error_within_is_not_replaced() -> None:
    with pytest.raises(ValueError, match="theirs"), held_back():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("theirs")
