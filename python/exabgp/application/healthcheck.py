"""``python3 -m exabgp.application.healthcheck …``, and the command ``exabgp-healthcheck``."""

import sys

from exabgp.program import main as become


def main():
    """Becomes the program, called ``exabgp-healthcheck``."""
    return become(name="exabgp-healthcheck")


if __name__ == "__main__":
    sys.exit(main())
