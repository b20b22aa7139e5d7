"""SDK settings for whatever comes from outside. Pure data."""

from typing import Any

# A plain reader fetches what a file's XMP tells it to, loopback addresses included; only a context
# with both of these does not. With the network off, identity assertions must stay undecoded, or
# images that carry one turn invalid (``cawg.ica.did_unavailable``).
OFFLINE: dict[str, Any] = {
    "version": 1,
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
}
