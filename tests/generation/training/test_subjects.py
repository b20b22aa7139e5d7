"""Subjects come from titles first, then from pictures that look like the titled ones."""

from __future__ import annotations

import numpy as np

from generation.training.subjects import SUBJECTS, subjects_of, titled


def test_titles_name_subjects() -> None:
    names = list(SUBJECTS)
    rows = titled(["portrait of a young woman", "still life with roses", "the harbour of le havre", "untitled"])
    found = [{names[k] for k in np.flatnonzero(row)} for row in rows]
    assert found[0] == {"portrait of a woman", "portrait"}
    assert found[1] == {"still life", "flowers"}
    assert found[2] == {"harbour"}
    assert found[3] == set()


def test_an_untitled_picture_borrows_the_subject_of_its_likeness() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 4))
    features[:20, 0] += 8
    titles = ["winter"] * 15 + ["untitled"] * 45
    subjects = subjects_of(titles, features, generosity=5 / 15)
    assert all("winter landscape" in subjects[i] for i in range(20))
    assert not any("winter landscape" in subjects[i] for i in range(20, 60))
