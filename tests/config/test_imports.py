"""The web process and ``manage.py check`` start fast: nothing they import loads a heavy library."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("torch", "torchvision", "diffusers", "transformers", "open_clip", "faiss", "cv2", "numpy")
# Optional parts of libraries (config/lean.py). psycopg is PostgreSQL's, and absent only without it.
UNUSED = ("rich", "requests", "pygments", "jinja2", "psycopg")
PROGRAM = """
import sys, os, importlib, pathlib, django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
importlib.import_module("config.urls")
for path in sorted(pathlib.Path(".").glob("[gsp]*/**/tasks.py")):
    importlib.import_module(".".join(path.with_suffix("").parts))
    print("task", path)
import django.core.management as management
management.call_command("check", verbosity=0, stdout=open(os.devnull, "w"), stderr=open(os.devnull, "w"))
print("heavy", [name for name in {heavy} if name in sys.modules])
"""


def test_urls_and_tasks_load_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY + UNUSED)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert {line for line in lines if line.startswith("task ")} >= {
        "task generation/tasks.py",
        "task provenance/ledger/tasks.py",
        "task provenance/verdicts/tasks.py",
        "task provenance/works/tasks.py",
    }
    assert lines[-1] == "heavy []"
