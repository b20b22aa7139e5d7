"""The tree against RFC 6962's definition, and every proof against tampering."""

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.ledger import merkle
from provenance.ledger.merkle import Frontier, verify_consistency, verify_inclusion
from tests.provenance.ledger.ledgers import tree_of

leaves = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


@pytest.fixture(params=[1, 2, merkle.BITS], scope="module", autouse=True)
def _blocks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Small blocks put as many ranks into a small tree as a large ledger has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merkle, "BITS", request.param)
        patch.setattr(merkle, "BLOCK", 1 << request.param)
        yield


# RFC 6962 test leaves and roots as published with the Certificate Transparency reference implementations.
KNOWN_LEAVES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
KNOWN_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
}


def by_definition(data: list[bytes]) -> bytes:
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    half = 1
    while half * 2 < len(data):
        half *= 2
    return hashlib.sha256(b"\x01" + by_definition(data[:half]) + by_definition(data[half:])).digest()


@pytest.mark.parametrize(("size", "root"), KNOWN_ROOTS.items())
def test_published_roots(size: int, root: str) -> None:
    assert tree_of(KNOWN_LEAVES[:size]).root().hex() == root


@given(leaves)
def test_the_root_is_that_of_the_definition_however_it_grows(data: list[bytes]) -> None:
    frontier = Frontier()
    for leaf in data:
        frontier.add(leaf)
    assert frontier.root() == tree_of(data).root() == by_definition(data)
    assert len(frontier.roots) == bin(len(data)).count("1")


@given(leaves, st.data())
def test_inclusion(data: list[bytes], draw: st.DataObject) -> None:
    tree, index = tree_of(data), draw.draw(st.integers(0, len(data) - 1))
    path, root, size = tree.inclusion(index), tree.root(), len(data)

    def holds(index: int = index, size: int = size, leaf: bytes = data[index], path: list[bytes] = path) -> bool:
        return verify_inclusion(index=index, size=size, leaf=leaf, path=path, root=root)

    assert holds()
    assert not holds(leaf=data[index] + b"x")
    assert not holds(path=[*path, b"\0" * 32])
    assert not holds(index=size)
    for at in range(len(path)):
        assert not holds(path=[*path[:at], *path[at + 1 :]])
        assert not holds(path=[*path[:at], b"\0" * 32, *path[at + 1 :]])


@given(leaves, st.data())
def test_consistency(data: list[bytes], draw: st.DataObject) -> None:
    tree, old = tree_of(data), draw.draw(st.integers(1, len(data)))
    path, before, after, new = tree.consistency(old), by_definition(data[:old]), tree.root(), len(data)

    def holds(before: bytes = before, after: bytes = after, path: list[bytes] = path) -> bool:
        return verify_consistency(old=old, new=new, path=path, old_root=before, new_root=after)

    assert holds()
    assert not holds(before=b"\0" * 32)
    assert not holds(after=b"\0" * 32)
    assert not holds(path=[*path, b"\0" * 32])
    for at in range(len(path)):
        assert not holds(path=[*path[:at], b"\0" * 32, *path[at + 1 :]])
    assert not verify_consistency(old=0, new=new, path=[], old_root=before, new_root=after)
    assert not verify_consistency(old=new + 1, new=new, path=path, old_root=before, new_root=after)
