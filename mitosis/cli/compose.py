"""Composing a command's configuration, and comparing it with the shipped one."""

import functools
import os
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

from mitosis.cli.overrides import arrange, table_of
from mitosis.errors import InputError
from mitosis.run.build import check_kinds
from mitosis.run.conf import CONF, words_of
from mitosis.run.keys import CLASS_TABLES, HOW_GROUPS, NEEDED_GROUPS, OWN_TABLES, PATHS, RESULT_GROUPS, as_single
from mitosis.run.name import Choices, describe


def compose(command: str, overrides: list[str]) -> tuple[dict[str, Any], Choices]:
    """The configuration and choices of ``python -m mitosis.<command>`` with these overrides.

    Works inside and outside a Hydra job.
    """
    overrides = arrange(overrides, command)
    config, chosen = _compose(command, overrides)
    config = expanded(config)
    return config, choices_of(command, config, chosen, overrides)


def choices_of(command: str, config: dict[str, Any], chosen: dict[str, str], overrides: list[str]) -> Choices:
    """The option chosen in each config group, and the other differences between ``config`` and the defaults."""
    if command != "train":
        return Choices(chosen, "default", overrides)
    if "classifier" in config:
        word = chosen.get("experiment")
        raise InputError(f"experiment={word} is of both stages; type python -m mitosis.pipeline experiment={word}")
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
    """What the yamls give for these options; to be read only, since it is kept for the next caller."""
    return _kept(command, tuple(f"{group}={word}" for group, word in words.items()), _places())


@functools.lru_cache(maxsize=64)
def _kept(
    command: str, overrides: tuple[str, ...], places: tuple[str | None, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Kept because the steps of a pipeline and the jobs of a sweep are all compared with the same few.

    ``places`` only tells results of different search paths apart.
    """
    return _compose(command, list(overrides))


def _places() -> tuple[str | None, ...]:
    """Where Hydra searches for yamls; nothing outside a Hydra job, when only the shipped ones count."""
    if not (instance := GlobalHydra.instance()).is_initialized():
        return ()
    return tuple(one.path for one in instance.config_loader().get_search_path().get_path())


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


def expanded(config: Any, prefix: str = "") -> Any:
    """A configuration as it is meant.

    Paths may begin with ``~``, the home folder, which shells leave as it is behind a ``=``; tables of class names that
    came as text become tables.
    """
    if isinstance(config, dict):
        return {key: expanded(value, f"{prefix}{key}.") for key, value in config.items()}
    if isinstance(config, list):
        return [expanded(value, prefix) for value in config]
    if as_single(prefix[:-1]) in CLASS_TABLES and isinstance(config, str):
        return table_of(config) or config
    own = as_single(prefix[:-1]) in (*PATHS, *(f"data.{key}" for key in OWN_TABLES))
    return os.path.expanduser(config) if own and isinstance(config, str) and config.startswith("~") else config
