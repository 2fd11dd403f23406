"""XML label files of annotation programs, read without following what a stranger may have hidden in them."""

import os
import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser, indent, tostring

from mitosis import files
from mitosis.errors import InputError
from mitosis.label.number import finite
from mitosis.label.text import read_text


def load(path: str | os.PathLike[str], roots: tuple[str, ...] = ()) -> Element:
    """The root element of an XML file; ``roots``: the names that it may have, any if empty.

    Nothing outside the file is read and no entity resolved: a file that declares its own is refused, not parsed.
    Raises ``InputError`` naming the file if it is missing, is no XML, or has another root.
    """
    text = read_text(path, "XML")
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise InputError(f"{path}: it declares a document type or entities, which are never resolved; remove that part")
    parser = XMLParser(target=TreeBuilder())
    try:
        parser.feed(text)  # as text, so that the encoding that the file declares is not used a second time
        root = parser.close()
    except (ParseError, ValueError) as error:
        raise InputError(f"{path}: not readable as XML ({error})") from error
    if roots and root.tag not in roots:
        raise InputError(f"{path}: its outermost element is {root.tag[:40]}, not {' or '.join(roots)}")
    return root


def check_within(root: Element, known: tuple[str, ...], path: str | os.PathLike[str]) -> None:
    """``InputError`` naming the file if the root holds nothing but other elements than those ``known``."""
    if len(root) and not any(inner.tag in known for inner in root):
        raise InputError(f"{path}: it holds {root[0].tag[:40]} and no {known[-1]}; it is of another program")


def number(element: Element, name: str, where: str) -> float:
    """An attribute as a finite number; ``InputError`` that starts with ``where`` for any other text or none."""
    return parsed(element.get(name), name, where)


def parsed(text: str | None, name: str, where: str) -> float:
    """The text of ``name`` as a finite number, as ``number``."""
    if text is None:
        raise InputError(f"{where}: it has no {name}")
    value = finite(text)
    if value is None:
        raise InputError(f"{where}: {name}={text[:40]!r} is not a number")
    return value


def element(name: str, attributes: Mapping[str, object], *inner: Element, text: str | None = None) -> Element:
    """An element with attributes, and elements or text within."""
    made = Element(name, {key: str(value) for key, value in attributes.items()})
    made.text = text
    made.extend(inner)
    return made


def write_xml(root: Element, path: str | os.PathLike[str]) -> None:
    """Write an XML file, replacing ``path``."""
    indent(root)
    files.write_text(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n")
