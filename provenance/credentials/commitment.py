"""A commitment to a prompt that is not shown: SHA-256 with a salt, revealed later or never. Pure.

The credential holds only the digest. Whoever is given prompt, negative prompt and salt can compute it
again and see that these were the words; nobody else can try out words, for want of the 32 random bytes.
Once the salt is erased the digest says nothing more.
"""

import hashlib
import hmac
import json
import secrets

SALT_BYTES = 32
_DOMAIN = b"org.colophon.prompt.v1\0"


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def commit(*, prompt: str, negative_prompt: str, salt: bytes) -> str:
    """64 hex digits: SHA-256(``org.colophon.prompt.v1`` NUL ‖ salt ‖ UTF-8 JSON ``["prompt","negative prompt"]``).

    The JSON has no spaces and no escapes but those it must have. Raises ``ValueError`` for a salt
    of another length, which would make two readings of one digest possible.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    words = json.dumps([prompt, negative_prompt], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(_DOMAIN + salt + words.encode("utf-8", "surrogatepass")).hexdigest()


def opens(commitment: str, *, prompt: str, negative_prompt: str, salt: bytes) -> bool:
    """Whether these words and this salt are what *commitment* stands for."""
    return hmac.compare_digest(commit(prompt=prompt, negative_prompt=negative_prompt, salt=salt), commitment)
