import io

import pytest

from pytomo.errors import UsageError
from pytomo.report.pdf import pdf

pytest.importorskip("weasyprint")


def test_nothing_is_fetched(tmp_path):
    """A picture of the disk or the net is not in the PDF: HTML may hold what strangers wrote."""
    pypdf = pytest.importorskip("pypdf")
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="15">secret</text></svg>')
    html = f'<title>x</title><p>hello <img src="{secret.as_uri()}"><img src="http://127.0.0.1:9/x">'
    document = pypdf.PdfReader(io.BytesIO(pdf(html.encode())))
    text = document.pages[0].extract_text()
    assert "hello" in text
    assert "secret" not in text


def test_what_cannot_be_made_is_told(monkeypatch, tmp_path):
    """Without WeasyPrint: one clear line."""
    (tmp_path / "weasyprint.py").write_text("raise ImportError('no pango here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    with pytest.raises(UsageError, match="no pango here"):
        pdf(b"<p>x")
