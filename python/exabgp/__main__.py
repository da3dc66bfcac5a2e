"""``python3 -m exabgp …``."""

import sys

from exabgp.program import main

sys.exit(main())
