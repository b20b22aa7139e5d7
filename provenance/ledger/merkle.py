"""The Merkle tree over event digests: RFC 6962 §2.1 (hashes), RFC 9162 §2.1.3-4 (proofs). Pure.

A tree of *n* leaves is cut at the largest power of two below *n*. Built level by level, a last node
without a neighbour moves up unchanged: that is the same tree.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """The roots of the full subtrees of a growing tree, largest first: enough to add to it and to close it."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def add(self, data: bytes) -> None:
        """Append the leaf *data*."""
        node, size = leaf_hash(data), self.size
        while size & 1:
            node = node_hash(self.roots.pop(), node)
            size >>= 1
        self.roots.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The tree's root; of an empty tree the hash of nothing (RFC 6962)."""
        if not self.roots:
            return hashlib.sha256(b"").digest()
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = node_hash(left, node)
        return node


# A block of a tree: the part between two ranks, BITS levels apart.
BITS = 8
BLOCK = 1 << BITS


def levels(nodes: Sequence[bytes]) -> list[list[bytes]]:
    """Of neighbouring *nodes* every level up to the one that holds their root alone."""
    built = [list(nodes)]
    while len(level := built[-1]) > 1:
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        built.append([*pairs, level[-1]] if len(level) & 1 else pairs)
    return built


class Tree:
    """A tree of *size* leaves, for proofs: only the blocks that a proof passes are read, each once.

    ``read(rank, first, count)`` gives the hashes of *count* nodes from number *first* on: leaf hashes at rank 0,
    above the roots of full subtrees of ``BLOCK ** rank`` leaves. A proof needs at most two blocks of each rank.
    """

    def __init__(self, size: int, read: Callable[[int, int, int], Sequence[bytes]]) -> None:
        self.size = size
        self._read = read
        self._blocks: dict[tuple[int, int], list[list[bytes]]] = {}

    def root(self) -> bytes:
        return self._subtree(0, self.size) if self.size else hashlib.sha256(b"").digest()

    def inclusion(self, index: int) -> list[bytes]:
        """The audit path of leaf *index* (from 0), lowest sibling first."""
        path = []
        for height in range((self.size - 1).bit_length()):
            if (index ^ 1) << height < self.size:
                path.append(self._node(height, index ^ 1))
            index >>= 1
        return path

    def consistency(self, size: int) -> list[bytes]:
        """Proof that the tree of the first *size* leaves (1 … n) is a beginning of this one."""
        return self._subproof(size, 0, self.size, True)

    def _subproof(self, size: int, low: int, high: int, known: bool) -> list[bytes]:
        if size == high - low:
            return [] if known else [self._subtree(low, high)]
        half = 1 << (high - low - 1).bit_length() - 1
        if size <= half:
            return [*self._subproof(size, low, low + half, known), self._subtree(low + half, high)]
        return [*self._subproof(size - half, low + half, high, False), self._subtree(low, low + half)]

    def _subtree(self, low: int, high: int) -> bytes:
        # Ranges met here are full subtrees, or reach the right edge, where nodes moved up unchanged.
        height = (high - low - 1).bit_length()
        return self._node(height, low >> height)

    def _node(self, height: int, place: int) -> bytes:
        rank, inside = divmod(height, BITS)
        block = self._block(rank, place >> (BITS - inside))
        # A block at the right edge may be lower than others: its root moved up unchanged.
        return block[min(inside, len(block) - 1)][place & ((1 << (BITS - inside)) - 1)]

    def _block(self, rank: int, number: int) -> list[list[bytes]]:
        if (rank, number) not in self._blocks:
            first, width = number << BITS, 1 << BITS * rank
            full = min(BLOCK, self.size // width - first)
            nodes = list(self._read(rank, first, full))
            if full < BLOCK and (first + full) * width < self.size:
                nodes.append(self._block(rank - 1, first + full)[-1][0])
            self._blocks[rank, number] = levels(nodes)
        return self._blocks[rank, number]


def verify_inclusion(*, index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether *leaf* (its data) stands at *index* of the tree with *size* leaves and *root* (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(*, old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the tree of *old* leaves is a beginning of the one of *new* (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    nodes = list(path)
    if not old & (old - 1):
        nodes.insert(0, old_root)
    if not nodes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, node)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
