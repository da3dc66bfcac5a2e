"""The programs of ExaBGP, by their module names."""
