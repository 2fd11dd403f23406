"""``mitosis COMMAND …``, the console script: ``mitosis train …`` is ``python -m mitosis.train …``."""

import difflib
import runpy
import sys

from mitosis.cli.pipe import end_with_reader
from mitosis.run.conf import CONF
from mitosis.version import installed_version


def main() -> None:
    """Run the command named in ``sys.argv``, or list the commands.

    An unknown command prints one line on stderr and exits with code 1.
    """
    name, *rest = sys.argv[1:] or ["--help"]
    if name in commands():
        sys.argv[1:] = rest
        runpy.run_module(f"mitosis.{name}", run_name="__main__", alter_sys=True)
        return
    with end_with_reader():
        if name in ("--help", "-h"):
            print(overview())
        elif name == "--version":
            print(f"mitosis {installed_version()}")
        else:
            close = difflib.get_close_matches(name, commands(), n=1)
            hint = f"did you mean mitosis {close[0]}?" if close else f"type one of {', '.join(commands())}"
            print(f"mitosis: {name}: there is no such command; {hint}", file=sys.stderr)
            sys.exit(1)


def commands() -> dict[str, str]:
    """Each command with the first line of its yaml: the usage and, after three spaces, the purpose."""
    lines = {path.stem: path.read_text(encoding="utf-8").partition("\n")[0] for path in sorted(CONF.glob("*.yaml"))}
    return {name: line.removeprefix(f"# python -m mitosis.{name}").strip() for name, line in lines.items()}


def overview() -> str:
    """The output of ``mitosis --help``."""
    lines = ["usage: mitosis COMMAND key=value …", ""]
    for name, line in commands().items():
        usage, _, purpose = line.partition("   ")
        lines += [f"  mitosis {name} {usage}", *([f"      {purpose.strip()}"] if purpose else [])]
    return "\n".join([*lines, "", "mitosis COMMAND --help prints all keys of a command."])
