"""How the product writes its log: quick, without the values of variables, and never at a call's expense."""

from contextlib import suppress

import structlog


class Log(structlog.WriteLogger):
    """Writes lines to standard output; a disk that takes none costs the line, not the request."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = error = critical = fatal = failure = exception = err = msg


def configure() -> None:
    """Set the log up for this process.

    A traceback is plain: with the values of variables it would hold names and secrets, and took
    six seconds to draw while a database that hung was to be told to the caller.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=lambda *_names: Log(),
    )
