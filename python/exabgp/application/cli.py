"""``python3 -m exabgp.application.cli …``, and the command ``exabgp-cli``."""

import sys

from exabgp.program import main as become


def main():
    """Becomes the program, called ``exabgp-cli``."""
    return become(name="exabgp-cli")


if __name__ == "__main__":
    sys.exit(main())
