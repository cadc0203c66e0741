"""Run the Containerfile's steps without a container engine, and state the image's size and user: `make image-steps`.

The folders of the image become folders of a temporary one. The base image is left out: the steps run on this Python.
Standard library only.
"""

from __future__ import annotations

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


def run_build(instructions: list[tuple[str, str]], root: Path) -> None:
    """Carry out COPY (from the checkout) and RUN below `root`; end the script if a step fails."""
    shim = root / "bin"
    shim.mkdir()
    (shim / "python").symlink_to(sys.executable)
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            folder = Path(move_paths(target, root))
            folder.mkdir(parents=True)
            for path in (path for source in sources for path in ROOT.glob(source)):
                shutil.copy(path, folder)
        elif word == "RUN":
            environment = os.environ | {"PATH": f"{shim}:/usr/bin:/bin"}
            result = subprocess.run(["sh", "-euc", move_paths(rest, root)], cwd=root, env=environment, check=False)
            if result.returncode != 0:
                sys.exit(f"The step `RUN {rest}` ended with {result.returncode}.")


def measure_size(folder: Path) -> int:
    """Return the bytes of all files in `folder`."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def main() -> None:
    """Run the steps, start the entry point on an example, and print size and user."""
    instructions = list(read_instructions((ROOT / "Containerfile").read_text(encoding="utf-8")))
    user = find_value(instructions, "USER")
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user):
        sys.exit(f"The user of the image is {user}. It must be a number other than 0, with its group.")
    with tempfile.TemporaryDirectory(prefix="reconcile-image-") as temporary:
        root = Path(temporary)
        run_build(instructions, root)
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
    print(f"The image's user is {user}. reconcile adds {size / 1e6:.0f} MB to its base.")


if __name__ == "__main__":
    main()
