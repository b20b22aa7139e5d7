"""A time-stamping authority (RFC 3161) of the tests' own: ``openssl ts`` behind an HTTP server on loopback."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
signer_cert = {folder}/leaf.pem
certs = {folder}/root.pem
signer_key = {folder}/leaf.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class TimeStamper:
    """``answers`` turns it off and on; ``asked`` counts the requests; ``root`` is its root, PEM."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = True
        self.asked = 0
        self.url = ""
        self.root = _certify(folder)
        (folder / "serial").write_text("01\n")
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))

    def stamp(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", str(self.folder / "openssl.cnf")]
        done = subprocess.run(
            [*command, "-queryfile", str(self.folder / "query.tsq")], check=True, capture_output=True, timeout=20
        )
        return done.stdout


@contextmanager
def time_stamper(folder: Path) -> Iterator[TimeStamper]:
    """One that listens for as long as the block runs."""
    stamper = TimeStamper(folder)
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            stamper.asked += 1
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if not stamper.answers:
                self.send_error(503)
                return
            with turn:
                reply = stamper.stamp(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stamper.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield stamper
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certify(folder: Path) -> bytes:
    """A root and a leaf that may stamp time and nothing else; the root, PEM."""
    now = datetime.now(UTC)
    root_key, leaf_key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test time root")])
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test time stamper")])

    def certificate(subject: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3000))
        )

    def usage(*, sign: bool) -> x509.KeyUsage:
        names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
        return x509.KeyUsage(
            digital_signature=sign,
            key_cert_sign=not sign,
            crl_sign=False,
            decipher_only=False,
            **dict.fromkeys(names, False),
        )

    root = (
        certificate(root_name, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(sign=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        certificate(leaf_name, leaf_key)
        .add_extension(usage(sign=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    (folder / "leaf.key").write_bytes(
        leaf_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return root.public_bytes(Encoding.PEM)
