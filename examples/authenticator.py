"""Stands in for an authenticator app in the sandbox: `python3 authenticator.py SEED_FILE [COUNT]` prints codes.

Reads the seed as `aws iam create-virtual-mfa-device --bootstrap-method Base32StringSeed` writes it. AWS takes each code
once, so none is printed twice: `SEED_FILE.last` remembers the last one, and where a person would wait for the next
code, this does. Real seeds belong into an authenticator app, not into a file.
"""

import base64
import hmac
import pathlib
import sys
import time

STEP = 30  # seconds, as in RFC 6238


def code(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def main(seed: pathlib.Path, count: int) -> None:
    secret = base64.b32decode(seed.read_text().strip())
    memory = seed.with_name(f"{seed.name}.last")
    last = int(memory.read_text()) if memory.exists() else 0
    # Codes of the past, of which AWS takes the latest: so those that follow are there when they are needed.
    first = max(last + 1, int(time.time() + 2) // STEP - count)
    time.sleep(max(0.0, (first + count - 2) * STEP - time.time()))
    memory.write_text(str(first + count - 1))
    sys.stdout.write(" ".join(code(secret, step) for step in range(first, first + count)) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
