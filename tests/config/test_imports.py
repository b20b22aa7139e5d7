"""The web process and ``manage.py check`` start fast: nothing they import loads a heavy library."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("torch", "torchvision", "diffusers", "transformers", "open_clip", "faiss")
PROGRAM = """
import sys, importlib, pathlib, django
django.setup()
importlib.import_module("config.urls")
for path in sorted(pathlib.Path(".").glob("[gsp]*/**/tasks.py")):
    importlib.import_module(".".join(path.with_suffix("").parts))
    print("task", path)
print("heavy", [name for name in {heavy} if name in sys.modules])
"""


def test_urls_and_tasks_load_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("task ")] == [
        "task generation/tasks.py",
        "task provenance/works/tasks.py",
    ]
    assert lines[-1] == "heavy []"
