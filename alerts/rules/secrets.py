"""How secrets are kept. Pure."""

import hashlib


def digest(secret: str) -> str:
    """Return the form in which random secrets (tokens, codes, badges) are kept and looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()
