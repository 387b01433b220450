"""Ways for a page to leave the site: Apprise (SMS, voice, WeCom …), or else the log."""

import json
import select
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Protocol

import structlog
from django.conf import settings

SEND_TIMEOUT = 2.0
"""Seconds after which an attempt is cut, whatever the endpoint does."""
START_TIMEOUT = 20.0

log = structlog.get_logger(__name__)


class NotSent(Exception):
    """The channel could not hand the message off; the text says why."""


@dataclass(frozen=True)
class Message:
    """What goes out; `key` lets a receiver know a repeat."""

    key: str
    addresses: tuple[str, ...]
    title: str
    body: str
    is_trial: bool = False
    """Whether it only shows that messages leave: then it may have no address at all."""


class Channel(Protocol):
    """Hands a message off."""

    def send(self, message: Message) -> None:
        """Hand the message off within two seconds.

        :raises NotSent: when that failed; it will be tried again.
        """

    def close(self) -> None:
        """Let go of what the channel holds."""


def _as_line(message: Message) -> str:
    facts = asdict(message)
    del facts["is_trial"]
    return json.dumps(facts, ensure_ascii=False)


class LogChannel:
    """Writes pages to the log and to `outbox.log`, for sites that page on their screens only."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: Message) -> None:
        line = "" if message.is_trial else f"{_as_line(message)}\n"
        try:
            with self._path.open("a", encoding="utf-8") as outbox:
                outbox.write(line)
        except OSError as error:
            raise NotSent(f"{self._path.name}: {error.strerror}") from error
        if not message.is_trial:
            log.info("page_logged", key=message.key, title=message.title)

    def close(self) -> None:
        """Nothing is held."""


class Courier:
    """A process that sends through Apprise, killed and replaced when an endpoint hangs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def send(self, message: Message) -> None:
        """Hand the message to the process and wait for its word.

        :raises NotSent: when it refused, died or took longer than two seconds.
        """
        process = self._running()
        try:
            _pipe(process.stdin).write(json.dumps(asdict(message)) + "\n")
            _pipe(process.stdin).flush()
            answer = self._answer(process, SEND_TIMEOUT)
        except OSError as error:
            self.kill()
            raise NotSent("The sending process died.") from error
        if answer != "ok":
            raise NotSent(answer)

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "alerts.gateways.courier"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._answer(self._process, START_TIMEOUT)
        return self._process

    def _answer(self, process: subprocess.Popen[str], patience: float) -> str:
        ready, _, _ = select.select([_pipe(process.stdout)], [], [], patience)
        line = _pipe(process.stdout).readline() if ready else ""
        if not line:
            self.kill()
            raise NotSent(f"No answer within {patience:g} s." if not ready else "It died.")
        return str(json.loads(line))


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise BrokenPipeError
    return stream


class AppriseChannel:
    """Sends through Apprise, one courier per thread."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._couriers: list[Courier] = []

    def send(self, message: Message) -> None:
        courier = getattr(self._mine, "courier", None)
        if courier is None:
            courier = self._mine.courier = Courier()
            self._couriers.append(courier)
        courier.send(message)

    def close(self) -> None:
        for courier in self._couriers:
            courier.kill()


class OutsideChannel:
    """Apprise for messages with an address, the log for the others.

    A trial without an address goes as far as the process that would send, where there is one.
    """

    def __init__(self) -> None:
        self._apprise = AppriseChannel()
        self._log = LogChannel(settings.VAR_DIR / "outbox.log")

    def send(self, message: Message) -> None:
        is_apprises = message.addresses or (message.is_trial and settings.APPRISE_URLS)
        channel: Channel = self._apprise if is_apprises else self._log
        channel.send(message)

    def close(self) -> None:
        self._apprise.close()
