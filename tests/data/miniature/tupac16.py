"""TUPAC16: images and csvs in folders by case, points as row and column, two kinds of labels."""

from pathlib import Path

from PIL import Image

from miniature import Written, drawn

ORIGINAL = "mitoses_ground_truth"
AL = ("TUPAC_AL/mitoses_ground_truth", "TUPAC_AL/nonmitoses_ground_truth")
IMAGES = ("01/01", "01/02", "02/01", *(f"{case}/01" for case in range(24, 74)))


def image(root: Path, name: str, part: str = "mitoses_image_data_part_1") -> None:
    path = root / part / f"{name}.tif"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(drawn()).save(path)


def table(root: Path, name: str, rows: str, tree: str = ORIGINAL) -> Path:
    path = root / tree / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rows)
    return path


def original(root: Path) -> Written:
    """A mitosis in each image but 01/02, which has no csv; one more lies outside."""
    for name in IMAGES:
        image(root, name)
        if name != "01/02":
            table(root, name, "20,100\n")
    table(root, "30/01", "20,100\n128,5\n")
    return Written(len(IMAGES) - 1, 1)


def alternative(root: Path) -> Written:
    """A mitosis and two hard negatives in each image; of the first, one of each lies outside."""
    for name in IMAGES:
        image(root, name)
        table(root, name, "0,127\n", AL[0])
        table(root, name, "30,40\n60.5,70\n", AL[1])
    table(root, IMAGES[0], "0,127\n-1,3\n", AL[0])
    table(root, IMAGES[0], "30,40\n60.5,70\n5,127.5\n", AL[1])
    return Written(3 * len(IMAGES), 2)


VARIANTS = {"tupac16": original, "tupac16 labels=alternative": alternative}
