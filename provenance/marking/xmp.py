"""XMP packets (ISO 16684-1): written with escaping, read without trusting. Pure.

Field names and values: IPTC Photo Metadata 2025.1 and PLUS LDF 2.0.1; TC260 is GB 45438-2025.
"""

import re
from collections.abc import Mapping
from xml.etree import ElementTree  # writing only; whatever is read goes through defusedxml

from defusedxml.ElementTree import fromstring

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "x": "adobe:ns:meta/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
}
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}
_RDF, _XML_LANG = NAMESPACES["rdf"], "{http://www.w3.org/XML/1998/namespace}lang"
# Properties that are not plain text by their own definition: XMP part 1 §8.3 (dc), PLUS LDF 2.0.1.
_LISTS = {"dc:title": "Alt", "plus:OtherConstraints": "Alt", "dc:publisher": "Bag"}
LARGEST_PACKET = 1_000_000
MOST_PROPERTIES = 500

# Not allowed in XML 1.0 (§2.2), or invisible and able to turn text round.
_UNWRITABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\ufeff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)


def writable(text: str) -> str:
    """*text* without what XML cannot hold and without bidi and tag characters."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def build(properties: Mapping[str, str]) -> bytes:
    """A packet with the *properties* (``prefix:Name`` → text), UTF-8, no padding.

    Those that are lists by their definition become a list of one; all others are plain text.
    """
    for prefix, uri in NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.Element(_name("x:xmpmeta"))
    rdf = ElementTree.SubElement(root, _name("rdf:RDF"))
    description = ElementTree.SubElement(rdf, _name("rdf:Description"), {_name("rdf:about"): ""})
    for name, value in properties.items():
        element = ElementTree.SubElement(description, _name(name))
        if kind := _LISTS.get(name):
            element = ElementTree.SubElement(ElementTree.SubElement(element, _name(f"rdf:{kind}")), _name("rdf:li"))
            if kind == "Alt":
                element.set(_XML_LANG, "x-default")
        element.text = writable(value)
    body: bytes = ElementTree.tostring(root, encoding="utf-8")
    start = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
    return start + body + b'\n<?xpacket end="r"?>'


def parse(packet: bytes) -> dict[str, str]:
    """The simple properties of a packet, ``prefix:Name`` → text (lists joined by "; ").

    Unknown namespaces are passed over. Raises ``ValueError`` for anything that is not harmless XML:
    a document type, entities, a packet above one megabyte.
    """
    if len(packet) > LARGEST_PACKET:
        raise ValueError("the packet is too large")
    start, end = packet.find(b"<x:xmpmeta"), packet.rfind(b"</x:xmpmeta>")
    if start >= 0 and end > start:
        packet = packet[start : end + len(b"</x:xmpmeta>")]
    try:
        root = fromstring(packet.strip(b"\x00 \r\n\t"), forbid_dtd=True)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    found: dict[str, str] = {}
    for description in root.iter(f"{{{_RDF}}}Description"):
        for key, value in description.attrib.items():
            _keep(found, key, value)
        for element in description:
            _keep(found, element.tag, _value(element))
            if len(found) >= MOST_PROPERTIES:
                return found
    return found


def _value(element: ElementTree.Element) -> str:
    resource = element.get(f"{{{_RDF}}}resource")
    if resource is not None:
        return resource
    items = [item.text or "" for item in element.iter(f"{{{_RDF}}}li")]
    return "; ".join(item.strip() for item in items) if items else (element.text or "")


def _keep(found: dict[str, str], tag: str, value: str) -> None:
    uri, _, local = tag[1:].partition("}")
    prefix = _PREFIXES.get(uri)
    if prefix and prefix not in ("rdf", "x") and value.strip():
        found.setdefault(f"{prefix}:{local}", value.strip())


def _name(prefixed: str) -> str:
    prefix, _, local = prefixed.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
