"""Names as they are typed and spoken: pinyin without tones, and initials. Pure."""

from pypinyin import lazy_pinyin


def pinyin(name: str) -> str:
    """Return a name in lower-case pinyin without tones, blanks and marks, as people type it."""
    joined = "".join(lazy_pinyin(name.casefold()))
    return "".join(letter for letter in joined if letter.isalnum()).replace("ü", "v")


def initials(name: str) -> str:
    """Return the first letters of a name: WXM for 王小明 and for Wang Xiao Ming."""
    parts = [part for syllable in lazy_pinyin(name) for part in syllable.split()]
    return "".join(part[0].upper() for part in parts if part[0].isalnum())
