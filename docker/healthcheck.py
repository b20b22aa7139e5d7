"""Exit 0 when the web process of this container answers ``/healthz``."""

import sys
import urllib.error
import urllib.request

try:
    with urllib.request.urlopen("http://127.0.0.1:8000/healthz", timeout=4) as answer:
        sys.exit(answer.status != 200)
except (urllib.error.URLError, TimeoutError) as error:
    sys.exit(f"not healthy: {error}")
