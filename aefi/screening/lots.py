"""Lot numbers as people write them: one spelling per lot, the merges shown, non-lots unknown."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from observation.rules.lots import normal_number

LABELS = re.compile(
    r"^\W*(LOTS?|BATCH|NO\.?|NUMBER|批号|疫苗批号)\s*(NO\.?|NUMBER)?\s*[#:：.]+\s*|^\W*LOT\s+#?\s*",
    re.IGNORECASE,
)
TAILS = re.compile(
    r"\s*[\s,;(/]\s*(EXP(IRY|IRES|IRED|\.)?|有效期|失效期)[\s:.]*[\d/.\-]*.*$", re.IGNORECASE
)
NON_LOTS = frozenset(
    """UNKNOWN UNK UNKN UNKNOW UNKOWN NONE NA NOTKNOWN NOTAVAILABLE NOTPROVIDED NOTREPORTED NOTGIVEN
    NOLOT NORECORD NOINFO MISSING BLANK TBD TEST SEENOTES OTHER ASKU NI NASK PENDING NOTSURE ASKED
    NULL NIL DK IDK 不详 未知 无""".split()  # noqa: SIM905 - a list of words reads as words
)
WORDS = re.compile(r"\b(know|dont|don't|not|see|record|unknown|clue|sure|given|time)\b", re.I)
LONGEST = 24


@dataclass(frozen=True)
class Merge:
    """Spellings that were read as one lot of one product."""

    product: str
    number: str
    spellings: tuple[tuple[str, int], ...]


def bare_number(written: str) -> str:
    """Return the number without label, expiry date and blanks; empty where it is no lot number."""
    bare = TAILS.sub("", LABELS.sub("", written.strip())).strip(" #*.,;:-_/\\'\"?").upper()
    plain = re.sub(r"[^0-9A-Z\u4e00-\u9fff]", "", bare)
    if plain in NON_LOTS or len(plain) < 2 or len(plain) > LONGEST or WORDS.search(bare):
        return ""
    return bare if any(letter.isdigit() for letter in plain) else ""


class Spellings:
    """Collects the ways in which lots were written and chooses one for each."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def add(self, product: str, written: str) -> tuple[str, str]:
        """Note one writing; return the key of its lot, empty in the second part when unknown."""
        bare = bare_number(written)
        key = (product, normal_number(bare))
        if key[1]:
            self._seen[key][written.strip()] += 1
        return key

    def names(self) -> Mapping[tuple[str, str], str]:
        """Return the commonest bare spelling of each lot; the first by the alphabet among equals."""
        return {
            key: _commonest(bare_number(w) for w in seen.elements())
            for key, seen in self._seen.items()
        }

    def merges(self) -> list[Merge]:
        """Return the lots that were written in more than one way, most mentions first."""
        names = self.names()
        found = [
            Merge(
                key[0], names[key], tuple(sorted(seen.items(), key=lambda one: (-one[1], one[0])))
            )
            for key, seen in self._seen.items()
            if len(seen) > 1
        ]
        return sorted(found, key=lambda merge: (-sum(n for _, n in merge.spellings), merge.number))


def _commonest(spellings: Iterable[str]) -> str:
    return min(Counter(spellings).items(), key=lambda one: (-one[1], one[0]))[0]
