"""The web process and the task definitions stay light."""

import subprocess
import sys

HEAVY = ("torch", "diffusers", "transformers", "open_clip", "faiss", "cv2")


MODULES = ("generation.tasks", "generation.api", "generation.admin", "generation.submit", "generation.worker")


def test_nothing_heavy_is_imported() -> None:
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup();"
        f"import {', '.join(MODULES)}; print([name for name in {HEAVY} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
