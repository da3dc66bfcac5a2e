"""The release of ExaBGP whose behaviour is followed, under the names that ExaBGP has for it."""

import os

# Scripts read these lines without running them.
commit = ''
release = '5.0.15'
json = '4.0.1'
text = '4.0.1'
version = os.environ.get('exabgp_version', release)

if __name__ == '__main__':
    print(version)
