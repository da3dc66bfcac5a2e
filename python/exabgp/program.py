"""Finds the program and becomes it."""

import errno
import os
import sys

#: The names that the program is looked for by.
NAMES = ("yottabgp", "exabgp")
#: How scripts begin: this package's own, which would only come back here, among them.
HASH_BANG = b"#!"


def is_program(path):
    """Whether this is a program, and no script."""
    try:
        with open(path, "rb") as file:
            start = file.read(2)
    except OSError:
        return False
    return os.access(path, os.X_OK) and os.path.isfile(path) and start != HASH_BANG


def candidates():
    """Where the program may be, the first place first."""
    here = os.path.dirname(os.path.abspath(__file__))
    folders = [here, os.path.join(sys.prefix, "bin")]
    folders += os.environ.get("PATH", os.defpath).split(os.pathsep)
    for name in NAMES:
        for folder in folders:
            yield os.path.join(folder or ".", name)


def find():
    """The path of the program: ``$YOTTABGP_PROGRAM``, or beside this file, or in ``PATH``. ``None`` if there is none."""
    chosen = os.environ.get("YOTTABGP_PROGRAM")
    if chosen:
        return chosen if is_program(chosen) else None
    for path in candidates():
        if is_program(path):
            return path
    return None


def main(arguments=None, name="exabgp"):
    """Becomes the program, called by this name. Returns only when there is none: the exit status."""
    if arguments is None:
        arguments = sys.argv[1:]
    path = find()
    if path is None:
        chosen = os.environ.get("YOTTABGP_PROGRAM")
        if chosen:
            reason = "YOTTABGP_PROGRAM is %s, which is not a program" % chosen
        else:
            reason = "no yottabgp beside the package or in PATH: install it, or set YOTTABGP_PROGRAM to its path"
        sys.stderr.write("exabgp: %s\n" % reason)
        return 127
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(path, [name] + list(arguments))
    except OSError as error:
        sys.stderr.write("exabgp: %s: %s\n" % (path, error.strerror))
        return 126 if error.errno in (errno.EACCES, errno.ENOEXEC) else 127
