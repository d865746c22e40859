"""`python -m belljar` is the command line."""

import sys

from belljar.cli import main

sys.exit(main())
