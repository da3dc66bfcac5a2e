"""The name ``exabgp`` for Python programs, where YottaBGP speaks BGP.

``python3 -m exabgp …`` runs the program; ``exabgp.version`` says which ExaBGP it stands for.
"""

from exabgp.version import version as __version__

__all__ = ["__version__"]
