"""The package as its users have it: by PYTHONPATH, installed by pip, and without a program to become.

Run by ``python3 -m unittest discover -s python/tests``; ``YOTTABGP_PROGRAM`` names the program to test with, else a script of
this test stands in for what it would be given.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.environ.get("YOTTABGP_PROGRAM")


def run(words, **environment):
    """Runs this Python with words; variables of the test's own environment that matter are left out."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().startswith(("exabgp", "yottabgp", "python"))}
    kept.update(environment)
    return subprocess.run([sys.executable] + words, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


class ByPath(unittest.TestCase):
    """With PYTHONPATH, as in a checkout."""

    def test_version_as_scripts_read_it(self):
        done = run(["-c", "import exabgp.version as v; print(v.version, v.release, v.json, v.text)"], PYTHONPATH=FOLDER)
        self.assertEqual(done.stdout, "5.0.15 5.0.15 4.0.1 4.0.1\n", done.stderr)
        done = run(["-c", "from exabgp.version import version; print(version)"], PYTHONPATH=FOLDER, exabgp_version="4.2.25")
        self.assertEqual(done.stdout, "4.2.25\n")
        with open(os.path.join(FOLDER, "exabgp", "version.py")) as file:
            self.assertEqual(re.findall(r"^release = \'(.*)\'$", file.read(), re.M), ["5.0.15"])

    def test_no_program_is_said(self):
        with tempfile.TemporaryDirectory() as empty:
            done = run(["-m", "exabgp", "version"], PYTHONPATH=FOLDER, PATH=empty)
            self.assertEqual((done.returncode, done.stdout), (127, ""))
            self.assertIn("set YOTTABGP_PROGRAM to its path", done.stderr)
            done = run(["-m", "exabgp", "version"], PYTHONPATH=FOLDER, YOTTABGP_PROGRAM=empty + "/none")
            self.assertEqual(done.returncode, 127)
            self.assertIn(empty + "/none, which is not a program", done.stderr)

    def test_it_never_becomes_itself(self):
        # What pip calls `exabgp` is a script that would come back here, for ever.
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "exabgp")
            with open(script, "w") as file:
                file.write("#!%s\nfrom exabgp.program import main\nmain()\n" % sys.executable)
            os.chmod(script, stat.S_IRWXU)
            done = run([script, "version"], PYTHONPATH=FOLDER, PATH=folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("no yottabgp", done.stderr)
            done = run(["-m", "exabgp", "version"], PYTHONPATH=FOLDER, YOTTABGP_PROGRAM=script)
            self.assertIn("which is not a program", done.stderr)


@unittest.skipUnless(PROGRAM, "SKIPPED: YOTTABGP_PROGRAM names no program")
class WithProgram(unittest.TestCase):
    """With the built program."""

    def test_the_module_is_the_program(self):
        done = run(["-m", "exabgp", "--version"], PYTHONPATH=FOLDER, YOTTABGP_PROGRAM=PROGRAM)
        self.assertEqual(done.returncode, 0, done.stderr)
        # How FRR's tests look for a version that is new enough.
        first = done.stdout.splitlines()[0]
        self.assertTrue(re.match(r"ExaBGP\s*:\s*((\d+)\.(\d+)(?:\.(\d+))?)", first), done.stdout)
        done = run(["-m", "exabgp", "validate", "/nowhere"], PYTHONPATH=FOLDER, YOTTABGP_PROGRAM=PROGRAM)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere", done.stderr)

    def test_it_is_found_in_path(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(PROGRAM, os.path.join(folder, "yottabgp"))
            done = run(["-m", "exabgp", "version"], PYTHONPATH=FOLDER, PATH=folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith("ExaBGP : "), done.stdout)

    def test_installed_by_pip(self):
        if run(["-m", "pip", "--version"]).returncode != 0:
            self.skipTest("SKIPPED: no pip")
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "target")
            # pip builds in place: the checkout is to stay as it is.
            source = shutil.copytree(FOLDER, os.path.join(folder, "source"), ignore=shutil.ignore_patterns("__pycache__"))
            done = run(["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", "--target", target, source])
            self.assertEqual(done.returncode, 0, done.stderr)
            scripts = sorted(os.listdir(os.path.join(target, "bin")))
            self.assertEqual(scripts, ["exabgp", "exabgp-cli", "exabgp-healthcheck", "exabgpcli"])
            script = os.path.join(target, "bin", "exabgp")
            done = run([script, "version"], PYTHONPATH=target, YOTTABGP_PROGRAM=PROGRAM)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith("ExaBGP : "), done.stdout)
            script = os.path.join(target, "bin", "exabgpcli")
            done = run([script, "--help"], PYTHONPATH=target, YOTTABGP_PROGRAM=PROGRAM)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Usage:", done.stdout)


if __name__ == "__main__":
    unittest.main()
