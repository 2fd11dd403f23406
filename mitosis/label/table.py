"""Reads and writes csv files of labels with a header."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.kind import ClassNames, meaning_of
from mitosis.label.name import composed, meant_name, shown_name
from mitosis.label.number import finite
from mitosis.label.text import read_csv_text

CLASS = (
    *("label", "labels", "class", "classes", "classification", "category", "type", "kind", "annotation", "diagnosis"),
    *("class_name", "label_name", "category_name", "object_class", "cell_type", "class_id", "category_id"),
)
"""Possible names of the optional column with the cell's class."""
WHETHER = ("mitosis", "mitotic", "is_mitosis", "is_mitotic", "mitotic_figure")
"""Possible names of one that says whether it is a mitosis."""
SIDES = (("image_width", "image_height"), ("img_width", "img_height"))
"""Columns of the width and height of the image, in pixels."""
ANSWERS = {"1": "mitosis", "true": "mitosis", "yes": "mitosis"} | dict.fromkeys(("0", "false", "no"), "non-mitosis")


def answered(text: str) -> str:
    """The class that a yes or no to whether it is a mitosis means; any other text as it is."""
    return ANSWERS.get(text.lower(), text)


@dataclass(frozen=True)
class Row:
    """One row: ``where`` is its file and line for messages; ``values`` maps column names in lower case to texts."""

    where: str
    values: dict[str, str]

    def number(self, column: str) -> float:
        """The column's value as a number; ``InputError`` for any other text, nan or infinity."""
        text = self.values[column]
        value = finite(text)
        if value is None:
            point = "; numbers take a point" if finite(text.replace(",", ".")) is not None else ""
            raise InputError(f"{self.where}: {column}={text!r} is not a number{point}")
        return value

    def size(self, sides: Iterable[tuple[str, str]]) -> tuple[int, int] | None:
        """(height, width) of the image by the first of these columns of its width and height; None without them.

        ``InputError`` if they are no pixels.
        """
        for columns in sides:
            if all(self.values.get(name) for name in columns):
                width, height = map(self.number, columns)
                if min(width, height) <= 0 or width % 1 or height % 1:
                    raise InputError(f"{self.where}: {width:g} x {height:g} is no size of an image in pixels")
                return int(height), int(width)
        return None

    def blank(self, columns: Iterable[str]) -> bool:
        """Whether these columns are empty, that is, the row names an image without cells."""
        return not any(self.values[column] for column in columns)

    @property
    def kind(self) -> str | None:
        """The cell's class; None if the file has no such column, ``InputError`` if two contradict."""
        told = {name: self.values[name] for name in CLASS if name in self.values}
        told |= {name: answered(self.values[name]) for name in WHETHER if name in self.values}
        if {True, False} <= {meaning_of(text) for text in told.values()}:
            both = " and ".join(f"{name} {text!r}" for name, text in told.items())
            raise InputError(f"{self.where}: its columns of classes contradict each other, {both}; leave one of them")
        return next(iter(told.values()), None)

    def mitotic(self, names: ClassNames) -> bool | None:
        """Whether the cell is a mitosis, as all are without a column of classes; None if it is passed over."""
        return True if self.kind is None else names.mitotic(self.kind, self.where)


def images_of(
    rows: Iterable[Row], sides: Iterable[tuple[str, str]] = SIDES
) -> tuple[dict[str, tuple[int, int] | None], dict[str, float]]:
    """Image → (height, width), None if no row gives it; image → µm per pixel, as far as a column mpp gives it.

    ``sides``: columns of an image's width and height. Raises ``InputError`` for an image with two sizes or resolutions.
    """
    sizes: dict[str, tuple[int, int] | None] = {}
    mpps: dict[str, float] = {}
    for row in rows:
        image, size, mpp = row.values["image"], row.size(sides), finite(row.values.get("mpp", ""))
        before = sizes.setdefault(image, size)
        if None not in (before, size) and before != size:
            raise InputError(
                f"{row.where}: {image} has the size {_told(size)}, and {_told(before)} before; give it one"
            )
        sizes[image] = size or before
        if mpp is not None and mpp > 0 and mpps.setdefault(image, mpp) != mpp:
            raise InputError(f"{row.where}: {image} has the mpp {mpp:g}, and {mpps[image]:g} before; give it one")
    return sizes, mpps


def _told(size: tuple[int, int] | None) -> str:
    return "" if size is None else f"{size[1]} x {size[0]}"


def read_rows(path: str | os.PathLike[str], columns: Sequence[str]) -> list[Row]:
    """Read all rows of a csv with ``columns``, in any order and case; an empty file has no rows.

    Spaces around values, empty lines and trailing commas are ignored.
    Raises ``InputError`` naming the file if it is missing or not text, a column is missing or occurs twice, or a row is
    too long.
    """
    text = read_csv_text(path)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)  # a quote that is not closed is an error
        lines = [(reader.line_num, [value.strip() for value in line]) for line in reader]
    except csv.Error as error:
        raise InputError(f"{path}: not readable as a csv ({error})") from error
    lines = [(number, line) for number, line in lines if any(line)]
    if not lines:
        return []
    header = [name.lower() for name in lines[0][1]]
    while not header[-1]:
        header.pop()
    check_commas(path, header)
    if missing := [name for name in columns if name not in header]:
        raise InputError(
            f"{path}: no column {missing[0]}; its first line, {','.join(header)[:60]!r}, must name {','.join(columns)}"
        )
    if twice := [name for name in header if header.count(name) > 1]:
        raise InputError(f"{path}: two columns are named {twice[0]!r}; rename one of them")
    rows = []
    for number, line in lines[1:]:
        if any(line[len(header) :]):
            raise InputError(f"{path}, row {number}: {len(line)} values under {len(header)} columns")
        values = dict(zip(header, line[: len(header)] + [""] * (len(header) - len(line)), strict=True))
        rows.append(Row(f"{path}, row {number}", values | {"image": composed(meant_name(values["image"]))}))
    if unnamed := next((row for row in rows if not row.values["image"]), None):
        raise InputError(f"{unnamed.where}: no image is named")
    return rows


def check_commas(path: str | os.PathLike[str], header: Sequence[str]) -> None:
    """``InputError`` if the only value of a csv's first line shows that the file separates them by another sign."""
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and sign in header[0]:
            raise InputError(f"{path}: its values are separated by {name}; save it with commas")


def write_rows(path: str | os.PathLike[str], rows: Iterable[Sequence[object]]) -> None:
    """Write the rows, the first of which is the header, replacing ``path``; the first column names images."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([shown_name(str(row[0])), *row[1:]] for row in rows)
    files.write_text(path, text.getvalue())


def plain(number: float) -> int | float:
    """``number`` as it is written to a file: 12 for 12.0, 12.5 for 12.5."""
    return int(number) if float(number).is_integer() else float(number)


def read_column(path: str | os.PathLike[str], column: str) -> dict[str, str]:
    """Image name → its value in ``column``; ``InputError`` for an image with no value or two different ones."""
    values: dict[str, str] = {}
    for row in read_rows(path, ("image", column)):
        image, value = row.values["image"], composed(row.values[column])
        if not value or values.setdefault(image, value) != value:
            before = f", {values[image]!r} before" if image in values else ""
            raise InputError(f"{row.where}: {image} has the {column} {value!r}{before}; give it one")
    return values
