"""Where the shipped configuration lies, and its options."""

from mitosis.run.conf import CONF, words_of


def test_the_options_of_a_group_are_its_yamls() -> None:
    assert words_of("stage") == ["classification", "segmentation"]
    assert "common" not in words_of("data")
    assert (CONF / "train.yaml").is_file()
