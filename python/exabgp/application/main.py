"""``python3 -m exabgp.application.main …``, and the command ``exabgp``."""

import sys

from exabgp.program import main as become


def main():
    """Becomes the program, called ``exabgp``."""
    return become(name="exabgp")


if __name__ == "__main__":
    sys.exit(main())
