#!/usr/bin/env python
"""Colophon's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A setting that cannot even be read: said without the trace, which helps nobody to mend it.
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
