"""The page of one image file, without an output folder."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mitosis.cascade.cascade import Cascade
from mitosis.cascade.checks import check_mpp
from mitosis.cascade.prediction import facts_of, too_large
from mitosis.count.count import count_figures
from mitosis.count.tissue_map import tissue_map
from mitosis.errors import InputError
from mitosis.image.each_mpp import each_mpp
from mitosis.image.file import image_size, read_image
from mitosis.output.page.image_page import write_image_page


def single_page(cascade: Cascade, path: Path, name: str, mpp: float | None, *, hpf_mm: float) -> str:
    """The text of the page of an image.

    Args:
        cascade: The trained networks.
        path: The image file.
        name: Name of the image on the page.
        mpp: Its µm per pixel as typed; None to take what the file states.
        hpf_mm: Diameter of a high-power field in mm, for the mitotic component.

    Raises:
        InputError: The image cannot be read, the memory does not hold it, or its resolution is not known.
    """
    image_size(path)  # says at once what is wrong with the file
    if mpp is not None:
        check_mpp(mpp)
    mpps = each_mpp([path], mpp, None)
    check_mpp(mpps[path])
    if broken := too_large(cascade, mpps):
        raise InputError(broken[path])
    image = read_image(path)
    try:
        detections = cascade(image, mpp=mpps[path], name=name)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        raise InputError(f"{name}: the memory does not hold it; cut it into fields") from error
    count = count_figures(detections.mitoses().points, tissue_map(image, mpps[path]), hpf_mm)
    with TemporaryDirectory(prefix="mitosis-page-") as place:
        page = Path(place) / "page.html"
        write_image_page(page, name, image, detections, count, facts_of(cascade))
        return page.read_text(encoding="utf-8")
