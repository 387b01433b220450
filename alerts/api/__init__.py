"""The HTTP edge of `alerts`: one call into a service each, and the translation of its answer."""
