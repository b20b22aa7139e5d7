"""A prompt without a name in it: the name goes together with the words that asked for it. Pure."""

import re
from collections.abc import Iterable

# What stands before a name when a manner is asked for; the longest first.
_BEFORE = re.compile(
    r"""(?:
      (?:(?:\b(?:in|with|using|of|as)\s+)?(?:\b(?:the|a|an)\s+)?(?:\b\w+\s+)?\b(?:style|manner|spirit|vein|tradition|look|
         technique|palette|colou?rs|brushwork|works?|paintings?)\s+(?:of|by)\s+)
    | (?:\b(?:painted|drawn|made|inspired|signed|created|imagined)\s+by\s+)
    | (?:\b(?:by|after|like|imitating)\s+)
    | (?:(?:\bd['’]après|\b[àa]\s+la(?:\s+manière\s+de)?|\bdans\s+le\s+style\s+de|\bim\s+stile?(?:\s+von)?|\bnach
         |\bvon|\bal\s+estilo\s+de|\ben\s+el\s+estilo\s+de|\bnello\s+stile\s+di|\bestilo|\bstile|\bstil)\s+)
    | (?:(?:\bв\s+(?:стиле|манере|духе)|\bкисти|\bкартина|\bстиль)\s+)
    | (?:(?:\bστο\s+(?:στυλ|ύφος)(?:\s+του|\s+της)?|\bτου|\bτης)\s+)
    | (?:(?:\bبأسلوب|\bأسلوب|\bعلى\s+طريقة|\bبريشة)\s*)
    | (?:模仿|仿照|仿|參照|参照|类似|以)
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
# And after it.
_AFTER = re.compile(
    r"""^(?:
      \s*(?:的|之|の|式)?\s*(?:画风|畫風|风格|風格|笔触|筆觸|手法|スタイル|作風|画風|タッチ|风|風|調)(?:的|の|で)?
    | (?:的|のような|のように|の)
    | \s*(?:의\s*)?(?:스타일|화풍|풍)(?:의|으로)?
    | 의
    | (?:['’]s?\b)?(?:[-\s]*(?:style|like|inspired|esque|ish|ian)\b(?:d\b)?)?
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_AND = r"(?:and|&|und|et|y|и|και|و|和|与|と|및)"
_LOOSE = (
    (re.compile(rf"(?:^|[,;，、；]|\s)\s*{_AND}\s*(?=$|[,;.，、；。])", re.IGNORECASE), " "),
    (re.compile(rf"^\s*{_AND}\s+", re.IGNORECASE), ""),
    (re.compile(r"\s+([,;.:!?，、；。：！？])"), r"\1"),
    (re.compile(r"([,;:，、；：])(?:\s*[,;:，、；：])+"), r"\1"),
    (re.compile(r"\(\s*\)|\[\s*\]|“\s*”|\"\s*\"|（\s*）|「\s*」|《\s*》"), ""),
    (re.compile(r"[#@](?=\s|$)"), ""),
    (re.compile(r"[ \t]{2,}"), " "),
    (re.compile(r"^[\s,;.:，、；。：]+|[\s,;:，、；：]+$"), ""),
)


def without(prompt: str, places: Iterable[tuple[int, int]]) -> str:
    """*prompt* without what stands at *places* (start and end), its cue words and what then dangles.

    "a harbour in the style of Claude Monet, soft light" → "a harbour, soft light".
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start < merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    # What lies between the names, each piece without the cues at its ends.
    pieces, done = [], 0
    for start, end in merged:
        pieces.append(_BEFORE.sub("", prompt[done:start]))
        done = end + len(_AFTER.match(prompt[end:])[0])  # type: ignore[index]  # it matches nothing, if nothing else
    text = "".join(pieces) + prompt[done:]
    for pattern, put in _LOOSE:
        text = pattern.sub(put, text)
    return text.strip()
