"""Small XML documents of a service, read without danger.

Names are compared without their namespace: services differ in the version of a schema, not in what the words mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class NotXmlError(ValueError):
    """The bytes are no XML that is safe to read."""


def parse(content: bytes) -> ElementTree.Element:
    """The root element.

    Raises
    ------
    NotXmlError
        If it is not well-formed, or has a document type: no document of TAP or UWS needs one, and entities defined
        there can grow without bound.
    """
    if b"<!DOCTYPE" in content[:4096].upper():
        raise NotXmlError("a document with a DOCTYPE")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise NotXmlError(str(error)) from error


def local(element: ElementTree.Element) -> str:
    """The element's name without namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: ElementTree.Element, name: str, *, deep: bool = True) -> Iterator[ElementTree.Element]:
    """Elements of that name: anywhere below, or only right below."""
    return (child for child in (element.iter() if deep else element) if local(child) == name)


def child(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    """The first element of that name right below."""
    return next(children(element, name, deep=False), None)


def text_of(element: ElementTree.Element, name: str, default: str = "") -> str:
    """The text of the first element of that name anywhere below; `default` where there is none, or it is nil."""
    found = next(children(element, name), None)
    if found is None or found.get(XSI_NIL) in {"true", "1"}:
        return default
    return "".join(found.itertext()).strip() or default
