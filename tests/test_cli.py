import subprocess
import sys
from pathlib import Path

import pytest

from pytomo.cli import crawl_parser, input_urls, main, parse
from pytomo.config import Config, Resolver
from pytomo.errors import Status, UsageError

DEFAULTS = {
    "max_rounds": 10000,
    "loop": False,
    "max_crawled_url": 10000,
    "max_per_url": 20,
    "max_per_page": 20,
    "time_frame": "week",
    "service": "youtube",
    "ping_packets": 10,
    "download_time": 30.0,
    "buffering_video_duration": 2000.0,
    "min_playout_buffer_size": 0.1,
    "hide_public_ip": False,
    "log_level": "DEBUG",
    "http_proxy": None,
    "provider": None,
    "no_related": False,
    "delay": 10.0,
    "quality": 720,
}


def given(line: str) -> dict[str, object]:
    """The settings that a command line gives."""
    return parse(crawl_parser(), line.split())


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items())
def test_classic_defaults(name: str, value: object) -> None:
    """Without a flag every setting has its classic value."""
    assert getattr(Config(), name) == value


def test_classic_line() -> None:
    """The classic flags mean what they meant."""
    line = "-r 2 -u 3 -p 4 -P 5 -t month -s dailymotion -n 6 -D 7.5 -B 1000 -M 0.2 -x -L INFO -R"
    assert given(line) == {
        "max_rounds": 2,
        "max_crawled_url": 3,
        "max_per_url": 4,
        "max_per_page": 5,
        "time_frame": "month",
        "service": "dailymotion",
        "ping_packets": 6,
        "download_time": 7.5,
        "buffering_video_duration": 1000.0,
        "min_playout_buffer_size": 0.2,
        "hide_public_ip": True,
        "log_level": "INFO",
        "no_related": True,
    }


def test_only_what_is_given_is_given() -> None:
    """The lab's short defaults must be able to fill in what the user leaves open."""
    assert given("") == {}


def test_hd_is_a_quality() -> None:
    """-H stands for --quality 1080, which wins where both are given."""
    assert given("-H")["quality"] == 1080
    assert given("-H --quality 480")["quality"] == 480


def test_resolvers() -> None:
    """Each --resolver is one; together they stand in for the default ones."""
    line = "--resolver a=9.9.9.9 --resolver b=[2620:fe::fe]:5353 --resolver c=2620:fe::9"
    assert given(line)["resolvers"] == (
        Resolver("a", "9.9.9.9", 53),
        Resolver("b", "2620:fe::fe", 5353),
        Resolver("c", "2620:fe::9", 53),
    )


def test_no_extra_resolvers() -> None:
    """Only the default resolver is left."""
    assert given("--no-extra-resolvers")["resolvers"] == (Resolver("system", "system"),)


def test_input_file(tmp_path: Path) -> None:
    """One URL a line, without comments and blank lines, behind those of the command line."""
    path = tmp_path / "urls"
    path.write_text("# mine\nhttp://b.example/\n\n  https://c.example/v.mp4\n")
    config = Config(input_urls=("http://a.example/",), input_file=path)
    assert input_urls(config) == (
        "http://a.example/",
        "http://b.example/",
        "https://c.example/v.mp4",
    )


@pytest.mark.parametrize(
    "line",
    [
        "-r 0",
        "-r many",
        "-D nan",
        "-D 0",
        "-B -1",
        "-M -0.1",
        "-S inf",
        "--profile vlc",
        "--profile chromium -B 500",
        "-M 0.1 --profile hls.js",
        "-t year",
        "-s vimeo",
        "-L LOUD",
        "-4 -6",
        "-u",
        "--unknown",
        "--http-proxy proxy",
        "--http-proxy http://proxy:port",
        "--http-proxy ftp://proxy:21",
        "--resolver 8.8.8.8",
        "--resolver g=dns.google",
        "--resolver g=8.8.8.8:66000",
        "--resolver a,b=8.8.8.8",
        "--resolver a=8.8.8.8 --resolver a=9.9.9.9",
        "--ca-file /dev/null",
        "--lab -6",
        "--lab --resolver a=8.8.8.8",
        "--provider a/b",
        "--provider ..",
        "--cookies /no/such/file",
        "--cookies-from-browser netscape",
        "--js-runtimes cscript",
        "-f /no/such/file",
        "--output-dir /dev/null/here",
        "video.mp4",
        "ftp://host/video.mp4",
        "http://",
        "http://[::1/video",
        "http://host:99999/video",
    ],
)
def test_usage_errors(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line gets one line on standard error and status 2."""
    assert main(line.split()) == Status.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith("pytomo: ")


def test_thresholds_are_for_their_profile(capsys: pytest.CaptureFixture[str]) -> None:
    """-B and -M with the profile that they are for are as ever; with another, it is told."""
    line = ["--profile", "pytomo", "-B", "500", "-M", "0"]
    given = parse(crawl_parser(), line)
    assert (given["profile"], given["buffering_video_duration"]) == ("pytomo", 500.0)
    assert main(["--profile", "exoplayer", "-M", "0.5"]) == Status.USAGE
    assert "-B and -M are for the profile pytomo" in capsys.readouterr().err


def test_empty_url(capsys: pytest.CaptureFixture[str]) -> None:
    """An unset variable of a script is not taken for a wish to crawl the popular videos."""
    assert main([""]) == Status.USAGE
    assert "is no URL" in capsys.readouterr().err


def test_usage_error_makes_nothing(tmp_path: Path) -> None:
    """A wrong command line leaves no directory behind."""
    target = tmp_path / "new"
    assert main(["--output-dir", str(target), "not-a-url"]) == Status.USAGE
    assert not target.exists()


def test_input_file_without_urls(tmp_path: Path) -> None:
    """A file with comments only is a mistake, not a crawl of the popular videos."""
    path = tmp_path / "urls"
    path.write_text("# later\n")
    with pytest.raises(UsageError, match="holds no URL"):
        input_urls(Config(input_file=path))


@pytest.mark.parametrize("program", [["-m", "pytomo"], ["start_crawl.py"]])
def test_help_of_each_launcher(program: list[str]) -> None:
    """Every way to start the crawl shows the same help."""
    root = Path(__file__).parents[1]
    result = subprocess.run(
        [sys.executable, *program, "--help"], cwd=root, capture_output=True, text=True, check=True
    )
    assert "--download-extra-dns" in result.stdout


def test_help_imports_nothing_heavy() -> None:
    """The help does not wait for the packages that only a crawl needs."""
    code = (
        "import sys; from pytomo.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'yt_dlp', 'dns', 'requests', 'rich', 'hachoir', 'av'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "set()"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version names the program and its version."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("pytomo ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--abr bba --reliable-bitrate", "exclude each other"),
        ("--paced", "pytomo never stops fetching"),
    ],
)
def test_what_no_player_does_is_one_clear_line(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit status 2."""
    assert main(line.split()) == Status.USAGE
    (told,) = capsys.readouterr().err.splitlines()
    assert said in told


def test_the_quality_is_the_cap_of_an_adaptive_player() -> None:
    """Both can be given."""
    assert given("--abr bola -H --paced --profile dash.js")["quality"] == 1080
