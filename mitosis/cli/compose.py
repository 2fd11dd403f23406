"""Composing a command's configuration, and comparing it with the shipped one."""

from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

from mitosis.cli.overrides import arrange
from mitosis.errors import InputError
from mitosis.run.build import CONF, check_kinds, words_of
from mitosis.run.keys import HOW_GROUPS, NEEDED_GROUPS, RESULT_GROUPS
from mitosis.run.name import Choices, describe


def compose(command: str, overrides: list[str]) -> tuple[dict[str, Any], Choices]:
    """The configuration and choices of ``python -m mitosis.<command>`` with these overrides.

    Works inside and outside a Hydra job.
    """
    overrides = arrange(overrides, command)
    config, chosen = _compose(command, overrides)
    return config, choices_of(command, config, chosen, overrides)


def choices_of(command: str, config: dict[str, Any], chosen: dict[str, str], overrides: list[str]) -> Choices:
    """The option chosen in each config group, and the other differences between ``config`` and the defaults."""
    if command != "train":
        return Choices(chosen, "default", overrides)
    if missing := [group for group in NEEDED_GROUPS if chosen.get(group) is None]:
        raise InputError(
            f"{missing[0]} is not chosen; type {missing[0]}= with one of {', '.join(words_of(missing[0]))}"
        )
    words = {group: chosen[group] for group in RESULT_GROUPS}
    default, default_words = _composed(command, words)
    own = {g: c for g, c in chosen.items() if "/" not in g and g not in HOW_GROUPS}
    groups = {group: word for group, word in own.items() if word is not None and word != default_words.get(group)}
    shipped = _composed(command, words | groups)[0] if groups else default
    checked = {key: value for key, value in config.items() if key not in HOW_GROUPS}
    check_kinds(checked, shipped, default)
    return Choices(chosen, describe(groups, config, shipped), overrides)


def _composed(command: str, words: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    return _compose(command, [f"{group}={word}" for group, word in words.items()])


def _compose(command: str, overrides: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The configuration as plain data, and the option chosen in each config group."""
    if GlobalHydra.instance().is_initialized():
        config = hydra.compose(command, overrides, return_hydra_config=True)
    else:
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            config = hydra.compose(command, overrides, return_hydra_config=True)
    chosen = dict(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
    return plain(config), chosen


def plain(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain data, with interpolations resolved."""
    return OmegaConf.to_container(config, resolve=True)  # pyright: ignore
