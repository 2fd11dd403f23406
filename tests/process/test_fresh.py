"""Children that start afresh, from an ordinary process and from a worker of joblib."""

import subprocess
import sys
from pathlib import Path

import pytest

from mitosis.process.fresh import fresh_processes

WORK = """
import sys
from joblib import Parallel, delayed
from mitosis.process.fresh import fresh_processes

def work(path):
    child = fresh_processes().Process(target=print, args=("from the child",), kwargs={"flush": True})
    child.start()
    child.join()
    return child.exitcode

if __name__ == "__main__":
    print(Parallel(n_jobs=2, backend="loky")(delayed(work)(number) for number in range(2)))
"""


def test_a_child_has_no_state_of_its_parent() -> None:
    default = sys.getrecursionlimit()
    sys.setrecursionlimit(default + 7)
    try:
        with fresh_processes().Pool(1) as pool:
            assert pool.apply(sys.getrecursionlimit) != default + 7
    finally:
        sys.setrecursionlimit(default)


def test_from_a_worker_of_joblib(tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    (tmp_path / "work.py").write_text(WORK)
    done = subprocess.run([sys.executable, "work.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.stdout.splitlines()[-1:], done.stderr) == (["[0, 0]"], "")
