"""MITOS-ATYPIA-14: frames in folders by slide, each with two csvs and painted copies."""

from pathlib import Path

from PIL import Image

from miniature import Written, drawn

SLIDES = ("03", "04", "05", "07", "10", "11", "12", "14", "15", "17", "18")


def add(root: Path, frame: str = "A03_00Aa", mitoses: str | None = "", others: str | None = "") -> Path:
    """An x40 frame in the contest's folders with its two csvs (None: no csv) and the painted copies."""
    slide = root / frame[:3]
    (slide / "frames/x40").mkdir(parents=True, exist_ok=True)
    (slide / "mitosis").mkdir(exist_ok=True)
    Image.fromarray(drawn()).save(slide / f"frames/x40/{frame}.tiff")
    for kind, rows in (("mitosis", mitoses), ("not_mitosis", others)):
        Image.fromarray(drawn()).save(slide / f"mitosis/{frame}_{kind}.jpg")
        if rows is not None:
            (slide / f"mitosis/{frame}_{kind}.csv").write_text(rows)
    return slide


def build(root: Path) -> Written:
    """The training slides with two frames each, of both scanners, and a test slide without labels."""
    for scanner in "AH":
        for number in SLIDES:
            add(root, f"{scanner}{number}_00Aa", "0,127,1.0\n", "100.5,30,0.2\n")
            add(root, f"{scanner}{number}_00Ab")
        add(root, f"{scanner}05_01Aa", "128,5,1.0\n5,5,0.6\n", "-3,4,0.0\n")
        add(root, f"{scanner}06_00Aa", None, None)
    return Written(2 * len(SLIDES) + 1, 2)


VARIANTS = {"mitos_atypia14": build, "mitos_atypia14 scanner=H": build}
