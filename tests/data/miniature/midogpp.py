"""MIDOG++: as the challenges, with a csv of the test part and the scanners."""

from pathlib import Path
from typing import Any

from miniature import Written, midog

SCANNERS = ("Hamammatsu XR", "Hamamatsu S360", "Aperio CS2", "3D Histech", "Hamamatsu XR")


def write(root: Path, numbers: tuple[int, ...], boxes: list[dict[str, Any]]) -> Path:
    """The json, the split csv (images whose number ends in 3 are for test), and an image for each number."""
    midog.write(root, "MIDOG++.json", numbers, boxes)
    rows = [f"{n};{'test' if n % 10 == 3 else 'train'};tumour;{SCANNERS[n % 5]};Utrecht;Human" for n in numbers]
    (root / "datasets_xvalidation.csv").write_text("\n".join(["Slide;Dataset;Tumor;Scanner;Origin;Species", *rows]))
    return root


def build(root: Path) -> Written:
    """24 regions, three of them for test, and one unlabelled region."""
    numbers = tuple(range(1, 25))
    write(root, (*numbers, 151), midog.boxes(numbers))
    return Written(2 * len(numbers), 2)


VARIANTS = {"midogpp": build}
