"""``python -m mitosis.predict input=… output=DIR [mpp=…] [segmenter=RUN …]``: figures of any image or slide."""

from pathlib import Path
from typing import Any

from mitosis.cascade.checks import check_networks, check_output, typed_mpp
from mitosis.cli.entry import entry
from mitosis.count.nottingham import check_diameter
from mitosis.errors import InputError
from mitosis.files import check_writable
from mitosis.image.each_mpp import each_mpp
from mitosis.image.scan import SUFFIXES, distinct, is_slide
from mitosis.image.search import find_images
from mitosis.run.name import Choices


def predict(config: dict[str, Any], choices: Choices) -> float:
    """Write the detections, counts and pages of images; typed again, it goes on where it was.

    Whole slides are predicted tile by tile, without pictures.

    Args:
        config: The composed configuration, as plain data.
        choices: The user's choices.

    Returns:
        The number of mitotic figures in all images and slides.

    Raises:
        InputError: A setting is invalid, a run is missing or broken, or images had to be skipped.
    """
    mpp, hpf_mm = typed_mpp(config["mpp"]), check_diameter(config["hpf_mm"])
    found = find_images(str(config["input"]), SUFFIXES)
    slides = [path for path in found if is_slide(path)]
    images = [path for path in found if path not in slides]
    output = Path(str(config["output"])).expanduser()
    check_output(output)
    mpps = each_mpp(images, mpp, config["mpp_from"])
    check_writable(output)  # now, so it cannot fail after an hour of work
    check_networks(config)
    if config["adapt"] and slides:
        raise InputError(f"adapt=true: {slides[0]} is a whole slide; only images are adapted to")
    if config["heatmaps"] and slides:
        raise InputError(f"heatmaps=true: {slides[0]} is a whole slide; only pages of images show heat maps")

    from mitosis.cascade.bundle import load_cascade  # torch is loaded from here on
    from mitosis.cascade.cost import cost
    from mitosis.cascade.prediction import predict_images
    from mitosis.cascade.slide_prediction import Slides

    cascade = load_cascade(config["weights"], config["segmenter"], config["classifier"])
    cascade.use(config["point"], config["threshold"])
    if images:
        cascade.build()  # a network that cannot be built is named before the first image is read
    print(cost(cascade))
    shown = {key: config[key] for key in ("overlay", "heatmaps", "adapt")}
    whole = Slides(tuple(distinct(slides)), mpp, config["mpp_from"])
    return float(predict_images(cascade, images, output, mpps, hpf_mm=hpf_mm, slides=whole, **shown))


if __name__ == "__main__":
    entry("predict", predict)
