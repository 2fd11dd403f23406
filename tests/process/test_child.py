"""Worker processes of joblib end with the process that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import sys, joblib
from joblib.externals.loky import get_reusable_executor
def work(path):
    import os, time
    from pathlib import Path
    from mitosis.process.child import end_with_launcher
    end_with_launcher()
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)
joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(work)(f"{sys.argv[1]}/{number}") for number in range(2))
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_launcher_takes_its_jobs_with_it(tmp_path: Path, how: signal.Signals) -> None:
    pytest.importorskip("joblib")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 500
    while not all((tmp_path / str(number)).exists() and (tmp_path / str(number)).read_text() for number in range(2)):
        assert time.monotonic() < end
        time.sleep(0.05)
    workers = [int((tmp_path / str(number)).read_text()) for number in range(2)]
    assert all(map(alive, workers))
    parent.send_signal(how)
    parent.wait(200)
    end = time.monotonic() + 200
    while any(map(alive, workers)):
        assert time.monotonic() < end
        time.sleep(0.05)
