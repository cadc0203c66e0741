"""Run the Containerfile's steps without a container engine, and state the image's size and user: `make image-steps`.

The folders of the image become folders of a temporary one. The base image is left out: the steps run on this Python.
README.md must name the same user and size. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("/build", "/opt/reconcile", "/home/reconcile")
PATIENCE = 300
"""The seconds that one step may take."""
STATED = re.compile(r"Its user is (\d+:\d+), and it adds (\d+) MB")
TOLERANCE = 0.1
"""By how much of itself the size may differ from the stated one: each Python compiles to files of other sizes."""


def read_instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield the instructions of a Containerfile: the word, such as `RUN`, and the rest of its line."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def find_value(instructions: list[tuple[str, str]], word: str) -> str:
    """Return the rest of the last instruction `word`."""
    return [rest for name, rest in instructions if name == word][-1]


def move_paths(command: str, root: Path) -> str:
    """Return a shell command with the folders of the image moved below `root`."""
    return re.sub("|".join(FOLDERS), lambda found: f"{root}{found[0]}", command)


def find_sources(pattern: str, dist: Path) -> Iterator[Path]:
    """Yield the files of the checkout that COPY names; those of dist/ come from the folder `dist`."""
    folder, _, name = pattern.partition("/")
    yield from dist.glob(name) if folder == "dist" else ROOT.glob(pattern)


def run_build(instructions: list[tuple[str, str]], root: Path, dist: Path) -> None:
    """Carry out COPY (from the checkout) and RUN below `root`; end the script if a step fails."""
    shim = root / "bin"
    shim.mkdir()
    (shim / "python").symlink_to(sys.executable)
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            folder = Path(move_paths(target, root))
            folder.mkdir(parents=True)
            for path in (path for source in sources for path in find_sources(source, dist)):
                shutil.copy(path, folder)
        elif word == "RUN":
            environment = os.environ | {"PATH": f"{shim}:/usr/bin:/bin"}
            step = ["sh", "-euc", move_paths(rest, root)]
            result = subprocess.run(step, cwd=root, env=environment, check=False, timeout=PATIENCE)
            if result.returncode != 0:
                sys.exit(f"The step `RUN {rest}` ended with {result.returncode}.")


def measure_size(folder: Path) -> int:
    """Return the bytes of all files in `folder`."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def find_false_statement(page: str, user: str, size: int) -> str | None:
    """Return a sentence if the page does not name this user and size; None if it does. size: in bytes."""
    stated = STATED.search(page)
    if stated and stated[1] == user and abs(int(stated[2]) * 1e6 - size) <= TOLERANCE * size:
        return None
    found = f"says {stated[0]!r}" if stated else "does not say"
    return f"The image's user is {user}, and it adds {size / 1e6:.0f} MB; README.md {found}. Correct README.md."


def main() -> None:
    """Run the steps, start the entry point on an example, and print size and user."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist", nargs="?", type=Path, default=ROOT / "dist", help="the folder that has the wheel")
    dist = parser.parse_args().dist
    instructions = list(read_instructions((ROOT / "Containerfile").read_text(encoding="utf-8")))
    user = find_value(instructions, "USER")
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user):
        sys.exit(f"The user of the image is {user}. It must be a number other than 0, with its group.")
    with tempfile.TemporaryDirectory(prefix="reconcile-image-") as temporary:
        root = Path(temporary)
        run_build(instructions, root, dist)
        home = root / "home/reconcile"
        owner = home.stat()
        if f"{owner.st_uid}:{owner.st_gid}" != user:
            sys.exit(f"{home} belongs to {owner.st_uid}:{owner.st_gid}, and the image's user is {user}.")
        (program,) = json.loads(find_value(instructions, "ENTRYPOINT"))
        shutil.copy(ROOT / "examples/tutorial.yaml", home / "roles.yaml")
        command = [str(root / "opt/reconcile/bin" / program), "validate", "roles.yaml"]
        if subprocess.run(command, cwd=home, env={"HOME": str(home)}, check=False).returncode != 0:
            sys.exit("The entry point does not call examples/tutorial.yaml valid.")
        size = measure_size(root / "opt/reconcile")
    if wrong := find_false_statement((ROOT / "README.md").read_text(encoding="utf-8"), user, size):
        sys.exit(wrong)
    print(f"The image's user is {user}. reconcile adds {size / 1e6:.0f} MB to its base.")


if __name__ == "__main__":
    main()
