"""`python -m tapwidget` is the command `tapwidget`."""

import sys

from tapwidget.cli import main

sys.exit(main())
