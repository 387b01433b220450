"""The elements of HL7 v3 that an E2B report is made of: one function for each pattern."""

import re
from collections.abc import Iterable

from lxml import etree

from aefi.exchange import e2b_codes as codes
from aefi.exchange.case import Moment

Element = etree._Element
NSMAP = {None: codes.V3, "xsi": codes.XSI}
XSI_TYPE = f"{{{codes.XSI}}}type"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 has no way to write, not even as a reference."""


def clean(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return UNWRITABLE.sub("", text)


def element(tag: str, *content: Element | str, **attributes: str) -> Element:
    """Return an element with its children or its text."""
    cleaned = {key: clean(value) for key, value in attributes.items()}
    made = etree.Element(f"{{{codes.V3}}}{tag}", cleaned, nsmap=NSMAP)  # type: ignore[arg-type]
    for item in content:
        if isinstance(item, str):
            made.text = clean(item)
        else:
            made.append(item)
    return made


def group_of(code: str, members: list[Element]) -> Element:
    """Return an organizer with its members, as a finding of the patient."""
    organizer = element(
        "organizer",
        element("code", code=code, codeSystem=codes.ORGANIZER),
        *(element("component", member, typeCode="COMP") for member in members),
        classCode="CATEGORY",
        moodCode="EVN",
    )
    return element("subjectOf2", organizer, typeCode="SBJ")


def observation(
    code: str,
    value: Element,
    *after: Element,
    before: Iterable[Element] = (),
    time: Iterable[Element] = (),
) -> Element:
    """Return an observation: code, time, value and what hangs on it."""
    return act("observation", "OBS", *before, observed(code), *time, value, *after)


def period_of(start: Moment | None, end: Moment | None) -> list[Element]:
    """Return an effective time of a start and an end; nothing when neither is known."""
    ends = [*timed("low", start), *timed("high", end)]
    return [element("effectiveTime", *ends, **{XSI_TYPE: "IVL_TS"})] if ends else []


def act(tag: str, kind: str, *children: Element) -> Element:
    """Return an element that HL7 calls an act of some class."""
    return element(tag, *children, classCode=kind, moodCode="EVN")


def observed(code: str) -> Element:
    """Return the ICH code of an observation."""
    return element("code", code=code, codeSystem=codes.OBSERVATION)


def coded(code: str, system: str) -> Element:
    """Return a coded value."""
    return typed("CE", code=code, codeSystem=system)


def typed(kind: str, *content: Element | str, **attributes: str) -> Element:
    """Return a value that names its data type."""
    return element("value", *content, **{XSI_TYPE: kind}, **attributes)


def valued(tag: str, value: str) -> Element:
    """Return an element that is all in its `value`."""
    return element(tag, value=value)


def timed(tag: str, moment: Moment | None) -> list[Element]:
    """Return an element with a moment; nothing when it is not known."""
    return [valued(tag, codes.timestamp(moment))] if moment else []


def text_in(tag: str, text: str) -> list[Element]:
    """Return an element with a text; nothing when it is empty."""
    return [element(tag, text)] if clean(text) else []


def identified(root: str, extension: str, *, tag: str = "id") -> Element:
    """Return an identifier."""
    return element(tag, extension=extension, root=root)


def party(tag: str, kind: str, root: str, extension: str) -> Element:
    """Return the sender or the receiver of a message."""
    device = element(
        "device", identified(root, extension), classCode="DEV", determinerCode="INSTANCE"
    )
    return element(tag, device, typeCode=kind)
