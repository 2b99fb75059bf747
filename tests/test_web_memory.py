"""Memory of arrays goes back to the system."""

import subprocess
import sys

import pytest

SCRIPT = """
import re, threading
from pathlib import Path
import numpy as np
from pytomo.web.memory import give_back, share

def resident():
    return int(re.findall(r"VmRSS:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[0]) / 1000

def work():
    for size in (2, 5, 9, 14, 20):
        arrays = [np.ones(size * 125_000) for _ in range(3)]
        small = [np.ones(20_000) for _ in range(100)]

given = share()
before = resident()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
give_back()
print(given, resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory of a process")
def test_memory_of_threads_is_given_back():
    """After several threads have worked with large arrays, hardly more memory is taken."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    given, kept = done.stdout.split()
    assert given == "False" or float(kept) < 20
