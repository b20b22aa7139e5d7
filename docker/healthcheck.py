"""Exit 0 when the web process of this container answers ``/healthz``."""

import http.client
import os
import sys

# Django answers only to names in ALLOWED_HOSTS, and this address need not be one of them.
host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".").replace("*", "") or "localhost"

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
try:
    connection.request("GET", "/healthz", headers={"Host": host})
    sys.exit(connection.getresponse().status != 200)
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"not healthy: {error}")
