"""Compile the translations with Babel, so that no system package is needed on a fresh machine."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE_DIR = Path(__file__).resolve().parents[1] / "locale"


def compile_messages() -> None:
    """Write each `.mo` beside its `.po`."""
    for source in sorted(LOCALE_DIR.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
            write_mo(mo, read_po(po))


if __name__ == "__main__":
    compile_messages()
