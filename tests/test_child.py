import subprocess

from pytomo.child import ROOT, environment, python


def test_a_child_is_this_very_pytomo(tmp_path):
    """Wherever it is started, and whatever lies there, it imports what runs here."""
    for name in ("pytomo", "weasyprint", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('from the working directory')")
    command = [*python("pytomo"), "--version"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_paths_of_the_user_are_kept(monkeypatch):
    """They come after our own."""
    monkeypatch.setenv("PYTHONPATH", "/a:/b")
    assert environment()["PYTHONPATH"] == f"{ROOT}:/a:/b"
