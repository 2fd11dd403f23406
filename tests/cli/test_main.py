"""The console script."""

import subprocess
import sys
from pathlib import Path

import pytest

from mitosis.cli import main as script
from mitosis.run.conf import CONF

CALL = "import sys; from mitosis.cli.main import main; main(); print(sorted(sys.modules), file=sys.stderr)"


def called(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", CALL, *arguments], cwd=cwd, capture_output=True, text=True)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """``typed("trian")``: exit code, stdout and stderr of ``mitosis trian``."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mitosis", *arguments])
        code = 0
        try:
            script.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capfd.readouterr()

    return run


def test_every_command_is_a_module_with_a_purpose() -> None:
    assert set(script.commands()) == {path.stem for path in CONF.glob("*.yaml")}
    for name, line in script.commands().items():
        assert (Path(script.__file__).parents[1] / f"{name}.py").is_file()
        assert line.partition("   ")[2].strip(), f"conf/{name}.yaml: its first line says no purpose"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_without_a_command_all_commands_are_listed(typed, arguments: tuple[str, ...]) -> None:
    code, out, err = typed(*arguments)
    assert (code, err) == (0, "")
    assert "  mitosis train model=… data=…\n      train one model on one fold\n" in out
    assert all(f"  mitosis {name} " in out for name in script.commands())


def test_prints_its_version(typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mitosis.cli.main.installed_version", lambda: "1.2.3")
    assert typed("--version") == (0, "mitosis 1.2.3\n", "")


def test_an_unknown_command_is_answered_in_one_line(typed) -> None:
    hint = "mitosis: trian: there is no such command; did you mean mitosis train?\n"
    assert typed("trian", "data=synthetic") == (1, "", hint)
    code, _, err = typed("--nonsense")
    assert (code, err.count("\n")) == (1, 1)
    doors = "combine, contest, convert, evaluate, export, pipeline, predict, prepare, propose, report, serve, train"
    assert f"type one of {doors}\n" in err


def test_listing_commands_imports_no_library(tmp_path: Path) -> None:
    shown = called("--help", cwd=tmp_path)
    loaded = {name.strip("'[], ").split(".")[0] for name in shown.stderr.split()}
    assert not {"torch", "numpy", "hydra", "omegaconf", "yaml"} & loaded


def test_a_command_runs_its_module(tmp_path: Path) -> None:
    arguments = ["data=synthetic", "seed=7", "--cfg", "job"]
    module = [sys.executable, "-m", "mitosis.train", *arguments]
    expected = subprocess.run(module, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert called("train", *arguments, cwd=tmp_path).stdout == expected.stdout
    assert "seed: 7" in expected.stdout


def test_a_command_reports_errors_like_its_module(tmp_path: Path) -> None:
    shown = called("convert", "nonsense=1", cwd=tmp_path)
    assert shown.returncode == 1
    assert shown.stderr.startswith("mitosis: nonsense: there is no such key")
    assert shown.stderr.count("\n") == 1
