import io
import os
import subprocess
import threading

import pytest

from pytomo.child import environment, python
from pytomo.errors import UsageError
from pytomo.report.pdf import PdfMaker

pytest.importorskip("weasyprint")


def test_nothing_is_fetched(tmp_path):
    """A picture of the disk or the net is not in the PDF: HTML may hold what strangers wrote."""
    pypdf = pytest.importorskip("pypdf")
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="15">secret</text></svg>')
    html = f'<title>x</title><p>hello <img src="{secret.as_uri()}"><img src="http://127.0.0.1:9/x">'
    document = pypdf.PdfReader(io.BytesIO(PdfMaker()(html.encode())))
    text = document.pages[0].extract_text()
    assert "hello" in text
    assert "secret" not in text


def test_what_cannot_be_made_is_told(monkeypatch, tmp_path):
    """Without WeasyPrint: one clear line."""
    (tmp_path / "weasyprint.py").write_text("raise ImportError('no pango here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    with pytest.raises(UsageError, match="no pango here"):
        PdfMaker()(b"<p>x" * 100_000)


def waiting(tmp_path, monkeypatch):
    """Have a WeasyPrint that says when it is loaded, and never ends."""
    pipe = tmp_path / "loaded"
    os.mkfifo(pipe)
    lines = ["import time", f"open({str(pipe)!r}, 'w').close()", "time.sleep(600)"]
    (tmp_path / "weasyprint.py").write_text("\n".join(lines))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    return pipe


def test_what_is_being_made_can_be_given_up(tmp_path, monkeypatch):
    """At once, and nothing more is made."""
    pipe, maker = waiting(tmp_path, monkeypatch), PdfMaker()
    told = []

    def make():
        with pytest.raises(UsageError) as caught:
            maker(b"<p>x")
        told.append(str(caught.value))

    maker_thread = threading.Thread(target=make)
    maker_thread.start()
    pipe.read_bytes()
    maker.close()
    maker_thread.join()
    assert told == ["WeasyPrint cannot be used: it was ended"]
    with pytest.raises(UsageError, match="ending"):
        maker(b"<p>x")


def test_it_ends_with_whoever_asked(tmp_path, monkeypatch):
    """When its input is closed, however far it is."""
    pipe = waiting(tmp_path, monkeypatch)
    with subprocess.Popen(
        python("pytomo.report.pdf"), env=environment(), stdin=subprocess.PIPE
    ) as process:
        process.stdin.write((4).to_bytes(8, "big") + b"<p>x")
        process.stdin.flush()
        pipe.read_bytes()
        assert process.poll() is None
    assert process.returncode == 1
