"""The files of this repository, as git knows them: what every lint reads."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(*patterns):
    """Paths relative to ROOT. New files that nobody added yet count, ignored ones and deleted ones do not."""
    # Another user may own the checkout (root in a container); reading its file list is harmless.
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
         "--exclude-standard", "--", *patterns],
        check=True, capture_output=True).stdout.decode()
    return [pathlib.PurePosixPath(name) for name in sorted(set(listing.split("\0"))) if name and (ROOT / name).is_file()]
