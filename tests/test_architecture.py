"""The shape of the code: who imports whom, who may do I/O, and how long things are."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "pytomo"

PURE = re.compile(
    r"abr|player|playout|profiles|replay|stock|first_pytomo|quality|frontier|trace|timeline|media"
    r"|metrics|results|errors"
)
"""Modules (and packages with all they hold) that have no clock, socket, file or setting."""

EDGES = re.compile(
    r"cli|commands|parser|serve|beside|crawl|measure|session|console|interruption|__main__|lab"
)
"""Modules that are not a step of a measurement, a sink or a value."""

DASHBOARD = re.compile(r"analysis|graphs|pictures|export|report|web")
"""What shows, exports and reports the databases."""

MEASUREMENT = re.compile(
    r"adaptive|choice|connections|crawl|disturbance|download|extract|facts|fetch_plan|frontier|"
    r"interfaces|kept|kernel_time|lab|ladder|loader|measure|media_request|pacing|pages|patience|"
    r"probes|progress|public_address|refusals|reliable|resolve|route|rungs|sampling|segment_log|"
    r"services|session|switched|tcp_info|track_fetch|tracks|transport|wire"
)
"""The steps of a measurement, and what they are made of."""

INPUT_AND_OUTPUT = {
    *("asyncio", "av", "dns", "fileinput", "ftplib", "glob", "hachoir", "http", "icmplib"),
    *("logging", "mmap", "multiprocessing", "os", "pathlib", "requests", "rich", "rrdtool"),
    *("sched", "selectors", "shutil", "signal", "socket", "socketserver", "sqlite3", "ssl"),
    *("subprocess", "tempfile", "threading", "time", "urllib3", "yt_dlp"),
}
LAZY = {"cairo", "matplotlib", "pyarrow", "rrdtool", "weasyprint"}
"""Packages that take long to load, or much memory: only who draws or writes loads them."""
HEAVY = {
    *("av", "dns", "hachoir", "icmplib", "requests", "rich", "rrdtool", "trustme", "urllib3"),
    "yt_dlp",
}

EXTRACTION = re.compile(r"extract|refusals|pages|services")
"""Modules that know yt-dlp."""

LAB = re.compile(r"lab")

COMMAND_LINE = re.compile(r"cli|session")
"""Modules that carry out a command."""

ONE_PAGE = {"results", "config"}
"""Declarations stand on one page, however long it gets."""

Module = str
"""The name below the package, `media.mp4`; the package itself is ''."""


@cache
def modules() -> Mapping[Module, ast.Module]:
    """All modules of the package, parsed."""
    return {
        _name(path): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
    }


def _name(path: Path) -> Module:
    parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def nodes(tree: ast.AST, *, on_import: bool = False) -> Iterator[ast.AST]:
    """All nodes; with `on_import` only those that run when the module is imported."""
    for child in ast.iter_child_nodes(tree):
        deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not (on_import and (deferred or typing_only)):
            yield child
            yield from nodes(child, on_import=on_import)


@cache
def imports(module: Module, *, on_import: bool = False) -> frozenset[str]:
    """Full names of the modules (or their attributes) that a module imports."""
    found: set[str] = set()
    for node in nodes(modules()[module], on_import=on_import):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: relative import"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def own(names: frozenset[str]) -> set[Module]:
    """The modules of the package among imported names, without the packages round them."""
    inside = {name.removeprefix(f"{PACKAGE}.") for name in names if is_own(name)}
    return {name if name in modules() else name.rpartition(".")[0] for name in inside} - {""}


def is_own(name: str) -> bool:
    return name.partition(".")[0] == PACKAGE


def foreign(names: frozenset[str]) -> set[str]:
    """Top-level names of what is imported from elsewhere."""
    return {name.partition(".")[0] for name in names if not is_own(name)}


def loaded(module: Module) -> set[Module]:
    """All modules of the package that importing a module loads, packages included."""
    found: set[Module] = set()
    waiting = {module}
    while waiting:
        name = waiting.pop()
        found.add(name)
        parents = {name.rpartition(".")[0]} if name else set()
        waiting |= (own(imports(name, on_import=True)) | parents) - found
    return found


def within(module: Module, part: re.Pattern[str]) -> bool:
    """Whether a module, or the package that holds it, is one of those."""
    return part.fullmatch(module.partition(".")[0]) is not None


ALL = sorted(modules())
PURE_MODULES = [module for module in ALL if within(module, PURE)]
SHOWING = [module for module in ALL if within(module, DASHBOARD)]
STEPS = [
    module
    for module in ALL
    if module and not within(module, EDGES) and not within(module, DASHBOARD)
]


@pytest.mark.parametrize("module", PURE_MODULES)
def test_pure_modules_import_no_edge(module: Module) -> None:
    """Pure modules import nothing that has a clock, a socket, a file or a setting."""
    names = imports(module)
    assert not foreign(names) & INPUT_AND_OUTPUT
    assert not {name for name in names if name.startswith("urllib.request")}
    assert all(within(name, PURE) for name in own(names))


@pytest.mark.parametrize("module", PURE_MODULES)
def test_pure_modules_call_no_edge(module: Module) -> None:
    """Pure modules neither open files, print, nor ask what time it is."""
    calls = {
        ast.unparse(node.func) for node in nodes(modules()[module]) if isinstance(node, ast.Call)
    }
    assert not calls & {"open", "print", "input", "exec", "eval", "__import__"}
    assert not {call for call in calls if re.search(r"\b(date|datetime)\.(now|utcnow|today)", call)}


@pytest.mark.parametrize("module", STEPS)
def test_steps_know_no_crawl(module: Module) -> None:
    """Steps, sinks and values know no crawl, no command line, no lab and no dashboard."""
    names = own(imports(module))
    assert not {name for name in names if within(name, EDGES) or within(name, DASHBOARD)}


@pytest.mark.parametrize("module", SHOWING)
def test_dashboard_knows_no_step(module: Module) -> None:
    """What shows databases imports no step of a measurement: it starts without yt-dlp."""
    assert not {name for name in own(imports(module)) if within(name, MEASUREMENT)}
    assert not {name for name in loaded(module) if within(name, MEASUREMENT)}


@pytest.mark.parametrize("module", SHOWING)
def test_analysis_and_pictures_know_no_web(module: Module) -> None:
    """What is computed and drawn does not depend on the pages that show it."""
    if not within(module, re.compile("web|report")):
        known = own(imports(module)) - {"web.formatting"}
        assert not {name for name in known if within(name, re.compile("web"))}


def test_server_starts_light() -> None:
    """Starting the dashboard loads no plotting library, and none that only some pages need."""
    packages = {name: foreign(imports(name, on_import=True)) for name in loaded("web.server")}
    wanted = LAZY | HEAVY
    assert not {name: found & wanted for name, found in packages.items() if found & wanted}


@pytest.mark.parametrize("module", ALL)
def test_lab_is_entered_by_the_command_line(module: Module) -> None:
    """Only the command line and the lab itself import the lab."""
    if not within(module, COMMAND_LINE) and not within(module, LAB):
        assert not {name for name in own(imports(module)) if within(name, LAB)}


def test_imports_point_one_way() -> None:
    """No module imports, round whatever corner, one that imports it."""
    graph = {module: own(imports(module)) - {module} for module in ALL}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", ALL)
def test_yt_dlp_stays_behind_extraction(module: Module) -> None:
    """Only extraction and the services import yt-dlp."""
    if not within(module, EXTRACTION):
        assert "yt_dlp" not in foreign(imports(module))


@pytest.mark.parametrize("module", [name for name in ("cli", "config", "__main__") if name in ALL])
def test_help_loads_nothing_heavy(module: Module) -> None:
    """Importing the command line loads no large package, so that --help answers at once."""
    packages = {name: foreign(imports(name, on_import=True)) & HEAVY for name in loaded(module)}
    assert not {name: heavy for name, heavy in packages.items() if heavy}


def functions() -> dict[str, int]:
    """Lines of the body of each function, without its docstring."""
    return {
        f"{module}.{node.name}:{node.lineno}": _body_lines(node)
        for module, tree in modules().items()
        for node in nodes(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_long_function() -> None:
    """No function has a body of more than 40 lines."""
    assert not {name: lines for name, lines in functions().items() if lines > 40}


@pytest.mark.parametrize(("share", "limit"), [(0.5, 8), (0.9, 25)])
def test_functions_are_short(share: float, limit: int) -> None:
    """Half of the functions have less than 8 lines, nine in ten less than 25."""
    lines = list(functions().values())
    assert sum(count < limit for count in lines) >= share * len(lines)


@pytest.mark.parametrize("module", [name for name in ALL if name not in ONE_PAGE])
def test_modules_are_short(module: Module) -> None:
    """A module has at most 300 lines; the pages of declarations may have more."""
    tree = modules()[module]
    assert not tree.body or (tree.body[-1].end_lineno or 0) <= 300


def texts() -> list[Path]:
    """The sources and documents of the project, but for this file, which names the words."""
    here = [*(ROOT / PACKAGE).rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *ROOT.glob("*.py")]
    documents = [*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md"), *(ROOT / "bench").glob("*.py")]
    return [path for path in (*here, *documents) if path != Path(__file__)]


def test_nothing_is_left_to_do() -> None:
    """No note of unfinished work stands in the sources or documents."""
    unfinished = re.compile(r"\b(TODO|FIXME|HACK)\b|NotImplementedError")
    assert not [path for path in texts() if unfinished.search(path.read_text(encoding="utf-8"))]
