"""How secrets are kept."""

from alerts.rules.secrets import digest


def test_a_digest_is_the_published_sha_256():
    """FIPS 180-2, appendix B.1: the digest of `abc`."""
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_secret_of_any_letters_has_a_digest_that_fits_its_column():
    assert len(digest("钥匙" * 5000)) == 64
