"""What a picture shows, for works whose title does not say.

Titles name people and places more often than subjects. A ridge classifier on SqueezeNet features learns each subject
from the titles that do name it, and lends the subject to the untitled works it ranks highest. No outside labels.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

WOMAN = r"wom[ae]n|lady|ladies|mrs|madame|mme|mlle|miss|mademoiselle|princess|countess|queen|duchess|wife|daughter|girl"
MAN = r"man|mr|sir|king|prince|duke|count|poet|writer|doctor|general|captain|bishop|cardinal|admiral|colonel|emperor"
HOLY = r"christ|virgin|madonna|saint|st|holy|annunciation|adoration|crucifixion|angels?|apostles?|jesus"

SUBJECTS: dict[str, str] = {
    "portrait of a woman": rf"(?=.*\b(portrait|head)\b).*\b({WOMAN})\b",
    "portrait of a man": rf"(?=.*\b(portrait|head)\b).*\b({MAN})\b",
    "portrait": r"\b(portrait|bust of|head of)\b",
    "child": r"\b(child|children|boy|girls?|baby)\b",
    "nude": r"\b(nudes?|bathers?|bathing|venus|odalisque|bath)\b",
    "holy scene": rf"\b({HOLY})\b",
    "battle with horses": r"\b(battle|cavalry|horsemen|rider|knight|war|charge)\b",
    "horse": r"\b(horses?|jockeys?)\b",
    "landscape": r"\b(landscape|valley|hills?|fields?|meadow|countryside|plain)\b",
    "mountains": r"\b(mountains?|alps|mount|mont|peaks?|rocks)\b",
    "winter landscape": r"\b(winter|snow|frost|snowy|ice)\b",
    "autumn landscape": r"\b(autumn|fall leaves)\b",
    "forest": r"\b(forest|woods?|trees?|birch|pines?|oaks?|poplars)\b",
    "garden": r"\b(gardens?|park|orchard)\b",
    "river": r"\b(river|stream|pond|lake|seine|thames|banks?|brook)\b",
    "bridge": r"\b(bridge|pont)\b",
    "sea": r"\b(sea|ocean|waves?|marine|coast|shore|beach|bay|seashore|cliffs?|surf)\b",
    "ships": r"\b(ships?|boats?|sail(ing|boats?)?|regatta|frigate|fleet|fishermen)\b",
    "harbour": r"\b(harbou?r|port of|port|pier|dock|quay|wharf)\b",
    "storm": r"\b(storm|tempest|shipwreck|stormy|thunder)\b",
    "venice": r"\b(venice|venetian|grand canal|rialto|gondola|san marco|doge)\b",
    "street": r"\b(street|boulevard|rue|square|piazza|avenue|market|place)\b",
    "city": r"\b(city|town|village|houses|roofs)\b",
    "church": r"\b(church|cathedral|chapel|abbey|temple|monastery)\b",
    "castle": r"\b(castle|ruins?|palace|tower|fortress)\b",
    "interior": r"\b(interior|room|studio|kitchen|library|parlou?r|bedroom)\b",
    "still life": r"\b(still[ -]life|nature morte)\b",
    "flowers": r"\b(flowers?|roses|bouquet|tulips|peonies|lilacs?|sunflowers|chrysanthemums|dahlias|irises|vase)\b",
    "fruit": r"\b(fruits?|apples|pears|grapes|oranges|lemons|peaches|melon)\b",
    "sunset": r"\b(sunset|sunrise|evening|twilight|dusk|dawn|setting sun)\b",
    "night": r"\b(night|moonlight|moonlit|nocturne|moon|stars)\b",
    "dancers": r"\b(dancers?|ballet|dance|dancing|ballerina)\b",
    "book illustration": r"\b(illustration|cover|book|tales?|plate|title page|frontispiece|fairy|vignette)\b",
    "costume design": r"\b(costume|set design|stage|scenery)\b",
    "animals": r"\b(dogs?|cats?|lions?|birds?|cows?|cattle|sheep|animals?|deer|hounds?)\b",
}


def titled(titles: list[str]) -> npt.NDArray[np.bool_]:
    """Which subjects each title names, (works, subjects)."""
    patterns = [re.compile(pattern) for pattern in SUBJECTS.values()]
    return np.array([[bool(p.search(title)) for p in patterns] for title in titles])


def ridge_scores(features: Floats, labels: npt.NDArray[np.bool_], strength: float = 0.1) -> Floats:
    """Closed-form ridge regression of balanced labels on standardised features, (works, subjects)."""
    x = (features - features.mean(0)) / (features.std(0) + 1e-6)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    scores = []
    for column in labels.T:
        weight = np.where(column, 0.5 / max(column.sum(), 1), 0.5 / max((~column).sum(), 1))
        gram = (x * weight[:, None]).T @ x + strength * np.eye(x.shape[1])
        scores.append(x @ np.linalg.solve(gram, (x * weight[:, None]).T @ np.where(column, 1.0, -1.0)))
    return np.stack(scores, axis=1)


def subjects_of(titles: list[str], features: Floats, generosity: float = 1.5) -> list[list[str]]:
    """Every work's subjects: those its title names, and those lent by rank (`generosity` lent for each named)."""
    named = titled(titles)
    scores = ridge_scores(features, named)
    names = list(SUBJECTS)
    lent = np.zeros_like(named)
    for k in range(len(names)):
        order = np.argsort(-np.where(named[:, k], -np.inf, scores[:, k]))
        lent[order[: int(generosity * named[:, k].sum())], k] = True
    both = named | lent
    return [[names[k] for k in np.flatnonzero(row)] for row in both]
