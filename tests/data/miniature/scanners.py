"""Whole slides as other scanners write them: MRXS, SCN, NDPI and DICOM, small ones that OpenSlide reads."""

import io
import struct
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

TILE = 256
BEFORE = (1, 2)
"""Rows and columns of tiles of a MRXS slide that were not scanned, before the image."""
CORNER = (300, 500)
"""Rows and columns of pixels before the image of a SCN slide."""
LEVELS = (1, 4)
UID = "1.2.826.0.1.3680043.10.1"
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
UNCOMPRESSED = "1.2.840.10008.1.2.1"


def write_mrxs(path: Path, image: np.ndarray, mpp: float = 0.25) -> Path:
    """A slide of 3DHISTECH: a thumbnail, and a folder of its name with tiles, an index and a description.

    Source: the reader of OpenSlide, ``openslide-vendor-mirax.c``.
    """
    high, wide = (-(-side // TILE) + before for side, before in zip(image.shape[:2], BEFORE, strict=True))
    own = b"01.02" + b"0" * 32  # version and number of the slide, at the start of both files
    pixels, pages, sections = bytearray(own), bytearray(), []
    starts = len(own) + 8  # of the index's table, which holds where the pages of each level are
    places = []
    for level, step in enumerate(LEVELS):
        entries = []
        for row in range(0, high, step):
            for column in range(0, wide, step):
                cut = _cut(image[::step, ::step], (row - BEFORE[0]) * TILE // step, (column - BEFORE[1]) * TILE // step)
                if cut is not None:
                    data = io.BytesIO()
                    Image.fromarray(cut).save(data, "PNG")
                    entries += [row * wide + column, len(pixels), len(data.getvalue()), 0]
                    pixels += data.getvalue()
        places.append(starts + 4 * len(LEVELS) + len(pages))
        pages += struct.pack(f"<4i{len(entries)}i", 0, places[-1] + 8, len(entries) // 4, 0, *entries)
        sections.append({"OVERLAP": 0, "MICROMETER_PER_PIXEL": mpp * step})
        sections[-1] |= {"IMAGE_CONCAT_FACTOR": 2 * level}  # a power of 2, against the level before
    folder = path.with_suffix("")
    folder.mkdir()
    (folder / "Data0000.dat").write_bytes(pixels)
    table = struct.pack(f"<2i{len(LEVELS)}i", starts, 0, *places)
    (folder / "Index.dat").write_bytes(own + table + pages)
    described = {
        "GENERAL": {"SLIDE_ID": "0" * 32, "IMAGENUMBER_X": wide, "IMAGENUMBER_Y": high, "OBJECTIVE_MAGNIFICATION": 40},
        "HIERARCHICAL": {"HIER_COUNT": 1, "NONHIER_COUNT": 0, "INDEXFILE": "Index.dat"}
        | {"HIER_0_NAME": "Slide zoom level", "HIER_0_COUNT": len(LEVELS)}
        | {f"HIER_0_VAL_{level}_SECTION": f"LEVEL_{level}" for level in range(len(LEVELS))},
        "DATAFILE": {"FILE_COUNT": 1, "FILE_0": "Data0000.dat"},
    }
    for level, section in enumerate(sections):
        both = {f"{key}_{axis}": section[key] for key in ("OVERLAP", "MICROMETER_PER_PIXEL") for axis in "XY"}
        both |= {"IMAGE_CONCAT_FACTOR": section["IMAGE_CONCAT_FACTOR"], "IMAGE_FILL_COLOR_BGR": 0xFFFFFF}
        described[f"LEVEL_{level}"] = both | {"DIGITIZER_WIDTH": TILE, "DIGITIZER_HEIGHT": TILE, "IMAGE_FORMAT": "PNG"}
    parts = [
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in part.items()) for name, part in described.items()
    ]
    (folder / "Slidedat.ini").write_text("".join(parts))
    Image.fromarray(image[::8, ::8]).save(path, "JPEG")
    return path


def write_scn(path: Path, image: np.ndarray, mpp: float = 0.25) -> Path:
    """A slide of Leica: a TIFF whose description says where on the glass, in nm, the image lies."""
    height, width = image.shape[:2]
    nm = round(1000 * mpp)
    levels = [image[::step, ::step] for step in LEVELS]
    sizes = "".join(
        f'<dimension sizeX="{level.shape[1]}" sizeY="{level.shape[0]}" r="{k}" ifd="{k}"/>'
        for k, level in enumerate(levels)
    )
    text = (
        '<scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01">'
        f'<collection sizeX="{(width + 2 * CORNER[1]) * nm}" sizeY="{(height + 2 * CORNER[0]) * nm}"><image>'
        '<creationDate>2020</creationDate><device model="drawn" version="1"/>'
        f'<pixels sizeX="{width}" sizeY="{height}">{sizes}</pixels>'
        f'<view sizeX="{width * nm}" sizeY="{height * nm}" offsetX="{CORNER[1] * nm}" offsetY="{CORNER[0] * nm}"/>'
        "<scanSettings><objectiveSettings><objective>40</objective></objectiveSettings>"
        "<illuminationSettings><illuminationSource>brightfield</illuminationSource></illuminationSettings>"
        "</scanSettings></image></collection></scn>"
    )
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for step, level in zip(LEVELS, levels, strict=True):
            file.write(
                level,
                tile=(TILE, TILE),
                photometric="rgb",
                compression="zlib",
                metadata=None,
                description=text if step == 1 else None,
                resolution=(1e4 / mpp / step, 1e4 / mpp / step),
                resolutionunit="CENTIMETER",
                subfiletype=int(step > 1),
            )
    return path


def write_ndpi(path: Path, image: np.ndarray, mpp: float = 0.25) -> Path:
    """A slide of Hamamatsu: a TIFF with one JPEG per level and addresses of eight bytes between its directories."""
    out = bytearray(b"II*\0" + b"\0" * 8)
    link = 4  # where the address of the next directory is written

    def put(data: bytes) -> int:
        place = len(out)
        out.extend(data + b"\0" * (len(data) % 2))
        return place

    for step in LEVELS:
        level = np.ascontiguousarray(image[::step, ::step])
        jpeg = io.BytesIO()
        Image.fromarray(level).save(jpeg, "JPEG", quality=95, subsampling=0)
        pixels, maker = put(jpeg.getvalue()), put(b"Hamamatsu\0")
        resolution = put(struct.pack("<2I", round(1e6 / mpp / step), 100))  # pixels per cm
        (lens,) = struct.unpack("<I", struct.pack("<f", 40 / step))
        tags = [
            (256, 4, 1, level.shape[1]),
            (257, 4, 1, level.shape[0]),
            (258, 3, 3, put(struct.pack("<3H", 8, 8, 8))),
            (259, 3, 1, 7),  # JPEG
            (262, 3, 1, 6),  # YCbCr
            (271, 2, 10, maker),
            (273, 4, 1, pixels),
            (277, 3, 1, 3),
            (278, 4, 1, level.shape[0]),
            (279, 4, 1, len(jpeg.getvalue())),
            (282, 5, 1, resolution),
            (283, 5, 1, resolution),
            (296, 3, 1, 3),
            (65420, 4, 1, 1),  # a NDPI file
            (65421, 11, 1, lens),
            (65424, 9, 1, 0),  # in focus
        ]
        place = put(struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + b"\0" * 8)
        struct.pack_into("<Q", out, link, place)
        link = place + 2 + 12 * len(tags)
    path.write_bytes(out)
    return path


def write_dicom(folder: Path, image: np.ndarray, mpp: float = 0.25, number: int = 1) -> list[Path]:
    """A slide in DICOM, the ``number``-th: a folder with a file per level, of uncompressed tiles."""
    folder.mkdir()
    paths = []
    for level, step in enumerate(LEVELS):
        small = image[::step, ::step]
        height, width = small.shape[:2]
        cuts = [_cut(small, top, left) for top in range(0, height, TILE) for left in range(0, width, TILE)]
        frames = b"".join(cut.tobytes() for cut in cuts if cut is not None)
        spacing = f"{mpp * step / 1000:.6f}"
        measures = _sequence(0x0028, 0x9110, _element(0x0028, 0x0030, "DS", f"{spacing}\\{spacing}"))
        own = f"{UID}.{number}.{level + 1}"
        kind = "DERIVED\\PRIMARY\\VOLUME\\RESAMPLED" if level else "ORIGINAL\\PRIMARY\\VOLUME\\NONE"
        head = [
            _element(0x0002, 0x0002, "UI", WHOLE_SLIDE),
            _element(0x0002, 0x0003, "UI", own),
            _element(0x0002, 0x0010, "UI", UNCOMPRESSED),
        ]
        body = [
            _element(0x0008, 0x0008, "CS", kind),
            _element(0x0008, 0x0016, "UI", WHOLE_SLIDE),
            _element(0x0008, 0x0018, "UI", own),
            _element(0x0020, 0x000E, "UI", f"{UID}.{number}"),  # the series, which all levels share
            _element(0x0020, 0x9311, "CS", "TILED_FULL"),
            _element(0x0028, 0x0002, "US", 3),
            _element(0x0028, 0x0004, "CS", "RGB"),
            _element(0x0028, 0x0006, "US", 0),
            _element(0x0028, 0x0008, "IS", str(len(cuts))),
            _element(0x0028, 0x0010, "US", TILE),
            _element(0x0028, 0x0011, "US", TILE),
            *(
                _element(0x0028, number, "US", bits)
                for number, bits in ((0x100, 8), (0x101, 8), (0x102, 7), (0x103, 0))
            ),
            _element(0x0048, 0x0006, "UL", width),
            _element(0x0048, 0x0007, "UL", height),
            _sequence(0x0048, 0x0105, _element(0x0048, 0x0112, "DS", "40")),
            _sequence(0x5200, 0x9229, measures),
            _element(0x7FE0, 0x0010, "OB", frames),
        ]
        length = _element(0x0002, 0x0000, "UL", sum(map(len, head)))
        paths.append(folder / f"{level + 1}.dcm")
        paths[-1].write_bytes(b"\0" * 128 + b"DICM" + b"".join([length, *head, *body]))
    return paths


def _cut(image: np.ndarray, top: int, left: int) -> np.ndarray | None:
    """A tile of an image, white beyond it; None if it lies wholly beyond."""
    tile = np.full((TILE, TILE, 3), 255, np.uint8)
    part = image[max(0, top) : max(0, top + TILE), max(0, left) : max(0, left + TILE)]
    if not part.size:
        return None
    rows, columns = max(0, -top), max(0, -left)
    tile[rows : rows + part.shape[0], columns : columns + part.shape[1]] = part
    return tile


def _element(group: int, number: int, kind: str, value: str | int | bytes) -> bytes:
    """An element of DICOM in explicit, little-endian form."""
    data = value if isinstance(value, bytes) else b""
    if isinstance(value, str):
        data = value.encode() + (b"\0" if kind == "UI" else b" ") * (len(value) % 2)
    elif isinstance(value, int):
        data = struct.pack("<H" if kind == "US" else "<I", value)
    size = struct.pack("<HI", 0, len(data)) if kind in ("OB", "SQ") else struct.pack("<H", len(data))
    return struct.pack("<HH2s", group, number, kind.encode()) + size + data


def _sequence(group: int, number: int, item: bytes) -> bytes:
    return _element(group, number, "SQ", struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item)
