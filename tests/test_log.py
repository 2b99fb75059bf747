import logging
import time
from datetime import UTC, datetime

import pytest

from pytomo.log import close_log, open_log


@pytest.fixture
def in_japan(monkeypatch):
    """A machine whose clock shows another time than UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
@pytest.mark.parametrize("hide_address", [False, True])
def test_times_are_utc(tmp_path, in_japan, hide_address):
    """The times of a log are those of the rows: UTC with milliseconds, wherever the machine is."""
    path = tmp_path / "logs" / "a.log"
    handler = open_log(path, "INFO", hide_address=hide_address)
    before = datetime.now(UTC)
    logging.getLogger("pytomo.test").info("hello")
    after = datetime.now(UTC)
    close_log(handler)
    line = path.read_text(encoding="utf-8")
    written = line[:23]
    assert f"{before:%Y-%m-%d %H:%M:%S.%f}"[:23] <= written <= f"{after:%Y-%m-%d %H:%M:%S.%f}"[:23]
    assert line[23:] == " INFO pytomo.test: hello\n"
