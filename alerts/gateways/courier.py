"""The process behind `Courier`: a message per line in, a word per line out, until input ends."""

import json
import sys
from typing import Any

import apprise


def main() -> None:
    """Send each message that comes in and say how it went."""
    say("ready")
    for line in sys.stdin:
        say(outcome(json.loads(line)))


def outcome(message: dict[str, Any]) -> str:
    """Send one message; return `ok` or why not."""
    if message["is_trial"] and not message["addresses"]:
        return "ok"
    sender = apprise.Apprise()
    if not all(sender.add(address) for address in message["addresses"]):
        return "An address is not one Apprise knows."
    is_sent = sender.notify(title=message["title"], body=message["body"])
    return "ok" if is_sent else "The service refused the message or could not be reached."


def say(word: str) -> None:
    """Answer the dispatcher."""
    sys.stdout.write(json.dumps(word) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
