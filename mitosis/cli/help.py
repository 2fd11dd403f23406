"""The output of ``--help``."""

import re

from mitosis.cli.overrides import literal
from mitosis.run.conf import CONF, words_of


def help_arguments(command: str, arguments: list[str]) -> list[str]:
    """``arguments`` plus the help text: the first lines of the command's yaml, its config groups and all keys.

    The command's own keys are shown as its yaml has them, with what they mean, and those of the groups as composed.
    """
    text = (CONF / f"{command}.yaml").read_text(encoding="utf-8")
    head = [line[2:] for line in text.split("defaults:")[0].splitlines()]
    own = text.partition("hydra_logging: none\n")[2].replace("${", "{").strip().splitlines()  # a template here has no $
    groups = [group for group in re.findall(r"^  - (\w+):", text, re.MULTILINE) if group != "hydra"]
    choices = [f"  {group}: {', '.join(words_of(group))}" for group in groups]
    lines = [*head, "", *(["group=word, with one of these words:", *choices, ""] if choices else [])]
    lines += ["key=value, for any of these keys; -m key=a,b runs the command once for each value:", "", *own]
    data = "data: ???" in text and not any(argument.startswith("data=") for argument in arguments)
    if groups:
        lines += ["", f"all keys, with those of the groups{' (data=synthetic)' if data else ''}:", "", "$CONFIG"]
    return [f"hydra.help.template={literal(chr(10).join(lines))}", *(["data=synthetic"] if data else []), *arguments]
