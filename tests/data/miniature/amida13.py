"""AMIDA13: the first cases of TUPAC16, and some later ones."""

from pathlib import Path

from PIL import Image

from miniature import Written, drawn


def build(root: Path) -> Written:
    """Cases 01 to 25 with two fields each, the first with a mitosis; cases after 23 do not belong to AMIDA13."""
    picture = Image.fromarray(drawn())
    for case in range(1, 26):
        for folder in ("mitoses_image_data_part_1", "mitoses_ground_truth"):
            (root / folder / f"{case:02d}").mkdir(parents=True)
        for number in ("01", "02"):
            picture.save(root / f"mitoses_image_data_part_1/{case:02d}/{number}.tif")
        (root / f"mitoses_ground_truth/{case:02d}/01.csv").write_text("20,100\n")
    return Written(23)


VARIANTS = {"amida13": build}
