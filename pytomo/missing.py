"""What to say where a package is missing, or is there and cannot be loaded."""


def missing(wanted: str, error: ImportError) -> str:
    """One line: what is wanted, and what it needs.

    A package that is there may still not be loaded: made for another Python, or without a library
    of the system. Raises the error itself if it is a module of ours: that is a bug.
    """
    package = (error.name or "").partition(".")[0]
    if package == "pytomo":
        raise error
    if isinstance(error, ModuleNotFoundError) and package:
        return f"{wanted} needs the Python package {package}: pip install 'pytomo[web]'"
    why = next(
        (line.strip() for line in str(error).splitlines() if line.strip()), "no reason given"
    )
    which = f"the Python package {package}" if package else "a Python package"
    return f"{wanted} needs {which}, which cannot be loaded ({why}): pip install 'pytomo[web]'"
