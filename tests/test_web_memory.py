"""Memory of arrays goes back to the system."""

import platform
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
    arrays = [np.ones(250_000) for _ in range(5)]
    all_have_them.wait()
    all_were_seen.wait()

taken = share()
all_have_them, all_were_seen = threading.Barrier(9), threading.Barrier(9)
before = resident()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
all_have_them.wait()
most = resident()
all_were_seen.wait()
for thread in threads:
    thread.join()
give_back()
print(taken, most - before, resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others manage memory as they like")
def test_memory_of_threads_is_given_back():
    """The C library takes all settings; what several threads have left is given back."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    taken, most, kept = done.stdout.split()
    assert taken == "True"
    assert float(most) > 60
    assert float(kept) < float(most) / 4
