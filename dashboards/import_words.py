"""Why something of a file was refused, in the reader's language; what no pattern knows stays as it was said."""

import re

from django.utils.translation import gettext_lazy as _

VALUE = r"(?P<value>'.*'|\".*\")"
REASONS = (
    (r"cannot read " + VALUE, _("cannot read {value}")),
    (VALUE + r" has no time zone", _("{value} has no time zone")),
    (r"a document type is not allowed", _("a document type is not allowed")),
    (r"this is E2B\(R2\), only R3 is read", _("this is E2B(R2), only R3 is read")),
    (r"(?P<what>.+) is expected, not (?P<value>.+)", _("{what} is expected, not {value}")),
    (r"(?P<what>.+) is missing", _("{what} is missing")),
    (r"unit (?P<value>.+) is not (?P<what>.+)", _("unit {value} is not {what}")),
    (VALUE + r" is not one of (?P<what>.+)", _("{value} is not one of {what}")),
    (VALUE + r" is not an outcome", _("{value} is not an outcome")),
    (VALUE + r" is neither (?P<what>.+) nor .+", _("{value} is none of the known codes")),
    (VALUE + r" is no reason for seriousness", _("{value} is no reason for seriousness")),
    (VALUE + r" is not (?P<what>.+)", _("{value} is not {what}")),
    (r"an? (?P<what>.+) is expected", _("{what} is expected")),
    (r"text is expected", _("text is expected")),
    (r"this number is too large to be one", _("this number is too large to be one")),
    (r"a case number is needed", _("a case number is needed")),
    (r"no dose was given", _("no dose was given")),
    (r"larger than (?P<value>\d+) MB", _("larger than {value} MB")),
    (
        r"(?P<value>\d+) reports; at most (?P<what>\d+) at once, split it",
        _("{value} reports; at most {what} at once, split it"),
    ),
    (
        r"neither VAERS tables nor E2B\(R3\) XML nor a FHIR bundle",
        _("neither VAERS tables nor E2B(R3) XML nor a FHIR bundle"),
    ),
    (r"it is empty", _("it is empty")),
    (r"nested too deeply", _("nested too deeply")),
    (r"not readable as JSON", _("not readable as JSON")),
    (
        r"(?P<value>\d+) fields under (?P<what>\d+) columns",
        _("{value} fields under {what} columns"),
    ),
    (r"no table of VAERS has these columns", _("no table of VAERS has these columns")),
    (
        r"a second (?P<what>\w+) table; send one export at a time",
        _("a second {what} table; send one export at a time"),
    ),
    (
        r"the DATA table is missing; the others tell of no report by themselves",
        _("the DATA table is missing; the others tell of no report by themselves"),
    ),
    (r"longer than any sender's number", _("longer than any sender's number")),
    (r"the year (?P<value>\d+) cannot be", _("the year {value} cannot be")),
    (r"too long, or with a NUL character", _("too long, or with a NUL character")),
    (
        r"holds a number or a letter that cannot be kept",
        _("holds a number or a letter that cannot be kept"),
    ),
)
"""What `aefi.exchange` says, the narrower pattern before the wider one."""


def reason_words(reason: str) -> str:
    """Return a refusal's reason in the reader's language."""
    for pattern, words in REASONS:
        if found := re.fullmatch(pattern, reason, re.DOTALL):
            return str(words).format(**found.groupdict())
    return reason


PLACES = ((r"\bline (\d+)", _("line {0}")), (r"^file$", _("file")), (r"^row (\d+)", _("row {0}")))


def place_words(where: str) -> str:
    """Return where it was, with its line in the reader's language; paths stay as the format has them."""
    for pattern, words in PLACES:
        if found := re.search(pattern, where):
            told = str(words).format(*found.groups())
            where = where[: found.start()] + told + where[found.end() :]
    return where
