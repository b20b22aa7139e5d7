"""A key in a PKCS#11 token: an HSM, a smart card, SoftHSM, or a cloud KMS through its PKCS#11 library.

The address is a PKCS#11 URI (RFC 7512)::

    pkcs11:token=colophon;object=signer?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/secrets/pin

``pin-source`` is a file; ``pin-value`` (the PIN itself) works too, but stands in the environment. The
key is found by its label (``object``) or identifier (``id``, percent-encoded); it is used where it is and
never read. Needs the extra ``python-pkcs11``.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from django.utils.translation import gettext as _

from provenance.credentials.errors import CredentialError


def open_token(address: str, *, algorithm: str) -> Callable[[bytes], bytes]:
    """A function that has the token sign. The session is opened by the first signature and again after a fault.

    Raises :class:`CredentialError` ``signer_unreadable`` for an address that lacks something.
    """
    path, _question, query = address.removeprefix("pkcs11:").partition("?")
    named = {key: unquote_to_bytes(value) for key, _equals, value in (it.partition("=") for it in path.split(";"))}
    options = dict(parse_qsl(query.replace("&amp;", "&")))
    if "token" not in named or not ({"object", "id"} & set(named)) or "module-path" not in options:
        raise CredentialError(
            "signer_unreadable",
            _("The address of the signing key lacks a token, an object or a module-path: check COLOPHON_SIGNER_KEY."),
        )
    return _Token(named=named, options=options, algorithm=algorithm.lower()).sign


class _Token:
    """One session for one process. PKCS#11 sessions are not for threads, so they take turns."""

    def __init__(self, *, named: dict[str, bytes], options: dict[str, str], algorithm: str) -> None:
        self._named, self._options, self._algorithm = named, options, algorithm
        self._lock = threading.Lock()
        self._key: Any = None

    def sign(self, data: bytes) -> bytes:
        import pkcs11

        with self._lock:
            if self._key is None:
                self._key = self._open()
            try:
                return self._ask(data)
            except pkcs11.PKCS11Error:
                # The session may have ended (token taken out, service restarted): once more from the start.
                self._key = None
                self._key = self._open()
                return self._ask(data)

    def _open(self) -> Any:
        import pkcs11

        library = pkcs11.lib(self._options["module-path"])
        if _opened_in.setdefault(self._options["module-path"], os.getpid()) != os.getpid():
            library.reinitialize()  # what a parent process opened is no good after a fork
            _opened_in[self._options["module-path"]] = os.getpid()
        token = library.get_token(token_label=self._named["token"].decode())
        try:
            session = token.open(user_pin=self._pin())
        except pkcs11.exceptions.UserAlreadyLoggedIn:  # by another key of this token: a login is the process's
            session = token.open()
        wanted: dict[str, Any] = {"object_class": pkcs11.ObjectClass.PRIVATE_KEY}
        if "object" in self._named:
            wanted["label"] = self._named["object"].decode()
        if "id" in self._named:
            wanted["id"] = self._named["id"]
        return session.get_key(**wanted)

    def _pin(self) -> str | None:
        if source := self._options.get("pin-source"):
            return Path(source.removeprefix("file://").removeprefix("file:")).read_text().strip()
        return self._options.get("pin-value")

    def _ask(self, data: bytes) -> bytes:
        from pkcs11 import MGF, Mechanism

        match self._algorithm:
            case "es256":  # tokens differ in whether they hash themselves, so it is done here
                signature = self._key.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA)
            case "es384":
                signature = self._key.sign(hashlib.sha384(data).digest(), mechanism=Mechanism.ECDSA)
            case "ps256":
                parameters = (Mechanism.SHA256, MGF.SHA256, 32)
                signature = self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS_PSS, mechanism_param=parameters)
            case _:
                signature = self._key.sign(data, mechanism=Mechanism.EDDSA)
        return bytes(signature)


_opened_in: dict[str, int] = {}
