"""The artist split and the works list that are committed."""

from similarity.training.data import draw_split, read_split, read_works


def test_parts_share_no_artist_and_cover_all() -> None:
    """Every artist is in exactly one part; at least 30 are held out for test."""
    split = read_split()
    parts = [set(split.train), set(split.validation), set(split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 136
    assert len(parts[2]) >= 30
    assert len(parts[1]) == 10
    assert {work.artist for work in read_works()} == set.union(*parts)


def test_committed_split_is_the_seeded_draw() -> None:
    """The file can be made again from the works list and the seed."""
    assert draw_split(read_works(), test=30, validation=10, seed=20261122) == read_split()


def test_works_list_is_whole() -> None:
    """All works, each file once, with a SHA-256."""
    works = read_works()
    assert len(works) == 10171
    assert len({work.file for work in works}) == 10171
    assert all(len(work.sha256) == 64 for work in works)
    assert max(work.artist_died for work in works) <= 1955
