"""Builds the package for pip (PEP 517), with Python's own library alone."""

import base64
import hashlib
import os
import re
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "exabgp"


def _read(name):
    with open(os.path.join(HERE, name), "rb") as file:
        return file.read()


def _project():
    """The strings and the scripts of pyproject.toml. Python 3.8 has no reader of TOML; this file needs no more than this."""
    sections = {}
    section = {}
    for line in _read("pyproject.toml").decode().splitlines():
        head = re.match(r"\[(.+)\]$", line)
        if head:
            section = sections.setdefault(head.group(1), {})
            continue
        pair = re.match(r'([\w-]+) = "(.*)"$', line)
        if pair:
            section[pair.group(1)] = pair.group(2)
    return sections["project"], sections["project.scripts"]


def _modules():
    """The files of the package, by their names in it."""
    names = []
    for folder, _, files in os.walk(os.path.join(HERE, PACKAGE)):
        for name in files:
            if name.endswith(".py"):
                names.append(os.path.relpath(os.path.join(folder, name), HERE))
    return sorted(names)


def _metadata(project):
    return (
        "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {description}\n"
        "License: MIT OR Apache-2.0\nRequires-Python: {python}\n"
    ).format(python=project["requires-python"], **project)


def _wheel(folder, files):
    """Writes a wheel with these files beside the metadata; returns its name."""
    project, scripts = _project()
    stem = "%s-%s" % (PACKAGE, project["version"])
    info = stem + ".dist-info/"
    files = dict(files)
    files[info + "METADATA"] = _metadata(project).encode()
    files[info + "WHEEL"] = b"Wheel-Version: 1.0\nGenerator: yottabgp\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    entries = "".join("%s = %s\n" % script for script in sorted(scripts.items()))
    files[info + "entry_points.txt"] = ("[console_scripts]\n" + entries).encode()
    record = ""
    for name, data in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += "%s,sha256=%s,%d\n" % (name, digest, len(data))
    files[info + "RECORD"] = (record + info + "RECORD,,\n").encode()
    wheel = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            # One date for all, so that the same files are the same wheel.
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """The package as a wheel."""
    return _wheel(wheel_directory, {name: _read(name) for name in _modules()})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """A wheel that points here (PEP 660)."""
    return _wheel(wheel_directory, {"__editable__.%s.pth" % PACKAGE: (HERE + "\n").encode()})


def build_sdist(sdist_directory, config_settings=None):
    """The sources."""
    project, _ = _project()
    stem = "%s-%s" % (PACKAGE, project["version"])
    archive = stem + ".tar.gz"
    with tarfile.open(os.path.join(sdist_directory, archive), "w:gz") as tar:
        for name in ["pyproject.toml", "backend.py"] + _modules():
            tar.add(os.path.join(HERE, name), arcname="%s/%s" % (stem, name))
        info = os.path.join(sdist_directory, "PKG-INFO")
        with open(info, "w") as file:
            file.write(_metadata(project))
        tar.add(info, arcname=stem + "/PKG-INFO")
        os.remove(info)
    return archive
