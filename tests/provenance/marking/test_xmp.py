import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.marking.xmp import build, parse, writable

ANYTHING = st.text(st.characters(exclude_categories=()))


@given(ANYTHING, ANYTHING)
def test_whatever_is_written_comes_back(prompt: str, title: str) -> None:
    found = parse(build({"Iptc4xmpExt:AIPromptInformation": prompt, "dc:title": title}))
    assert found.get("Iptc4xmpExt:AIPromptInformation", "") == writable(prompt).strip()
    assert found.get("dc:title", "") == writable(title).strip()


def test_markup_in_a_value_stays_text() -> None:
    hostile = '</x:xmpmeta><script>alert("x")</script> ]]> &amp; <?xpacket end="w"?>'
    assert parse(build({"dc:title": hostile}))["dc:title"] == hostile


def test_properties_are_found_as_attributes_elements_lists_and_resources() -> None:
    packet = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"
        xmlns:own="http://example.com/own/">
      <rdf:Description rdf:about="" xmp:CreatorTool="Some Tool" own:Secret="not shown">
        <dc:creator><rdf:Seq><rdf:li>A</rdf:li><rdf:li>B</rdf:li></rdf:Seq></dc:creator>
        <plus:DataMining rdf:resource="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"/>
        <xmp:Empty/>
      </rdf:Description></rdf:RDF></x:xmpmeta>"""
    assert parse(packet) == {
        "xmp:CreatorTool": "Some Tool",
        "dc:creator": "A; B",
        "plus:DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED",
    }


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>"""
OUTSIDE = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>"""


@pytest.mark.parametrize(
    "packet", [b"", b"no xml", b"<x:xmpmeta", b"\xff\xfe<", b"<x>" * 50_000, BOMB[:100], OUTSIDE, b" " * 1_000_001]
)
def test_harmful_or_broken_xml_is_refused(packet: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- its kinds are the XML library's own
        parse(packet)


def test_entities_before_the_packet_are_never_expanded() -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(BOMB)


def test_a_packet_nested_without_end_breaks_nothing() -> None:
    deep = b"<x>" * 30_000 + b"</x>" * 30_000
    assert parse(deep) == {}
