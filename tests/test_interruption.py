import os
import signal

import pytest

from pytomo.interruption import SIGNALS, Interruption


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_raises(number: signal.Signals) -> None:
    """Both signals end what is going on with the same exception."""
    with Interruption(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_bookkeeping_is_finished_first() -> None:
    """A signal that comes during the bookkeeping takes effect behind it."""
    done = []

    def keep(interruption: Interruption) -> None:
        with interruption.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("bookkeeping")
        done.append("unreachable")

    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        keep(interruption)
    assert done == ["bookkeeping"]


def test_second_signal_does_nothing() -> None:
    """An impatient second Ctrl-C does not cut off the bookkeeping of the first."""
    with Interruption(clock=lambda: 7.0) as interruption:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        with interruption.held():
            os.kill(os.getpid(), signal.SIGINT)


def test_later_signal_raises_again() -> None:
    """A first Ctrl-C that somebody swallowed does not make the crawl unstoppable."""
    clock = iter((0.0, 0.0, 2.0, 2.0))
    with Interruption(clock=lambda: next(clock)):
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)


def test_handlers_are_put_back() -> None:
    """Behind a crawl the signals mean what they meant before."""
    before = signal.getsignal(signal.SIGINT)
    with Interruption():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
