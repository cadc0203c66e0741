"""The commands of the fuzz target `aws`, and the recorded answers of the sandbox to them.

`python -m tests.fuzz record` writes `answers.json` again. Run it after a command makes other calls than before.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.sandbox.proxy import Layer
from reconciler.sandbox.query_protocol import AwsError, HttpRequest, Reply
from reconciler.sandbox.server import Sandbox
from tests.support.account import Account

HERE = Path(__file__).parent
RECORDED = HERE / "answers.json"
FILES = ("account.yaml", "changed.yaml")
CREDENTIALS = "[bob]\naws_access_key_id = {}\naws_secret_access_key = secret\n"

COMMANDS: Mapping[str, Sequence[str]] = {
    "plan": ("plan", "changed.yaml", "--verbose"),
    "apply": ("apply", "changed.yaml", "--yes", "--journal", "journal.jsonl"),
    "export": ("export",),
    "status": ("mfa", "status", "--file", "account.yaml"),
    "issue": ("keys", "issue", "bob", "--into", "new", "--file", "account.yaml"),
    "rotate": ("keys", "rotate", "bob", "--file", "account.yaml"),
    "assume": ("assume", "r", "--file", "account.yaml", "--format", "json", "--no-cache"),
    "explain": ("assume", "r", "--file", "account.yaml", "--explain"),
    "verify": ("assume", "r", "--file", "account.yaml", "--verify", "--no-cache"),
}


@dataclass(frozen=True)
class RecordedAnswer:
    """An HTTP answer. status: 0 if the connection was closed instead."""

    status: int
    content_type: str
    body: str


Answers = Mapping[str, Sequence[RecordedAnswer]]
"""Operation → its answers, in order."""


def load_answers() -> Mapping[str, Answers]:
    """Return command → its answers."""
    loaded = json.loads(RECORDED.read_text())
    return {
        command: {
            operation: [RecordedAnswer(**answer) for answer in answers] for operation, answers in of_command.items()
        }
        for command, of_command in loaded.items()
    }


class _Recorder:
    """A layer of the sandbox that records answers."""

    def __init__(self) -> None:
        self.answers: dict[str, list[RecordedAnswer]] = {}
        self._lock = threading.Lock()

    def wrap_layer(self, layer: Layer) -> Layer:
        def record_reply(request: HttpRequest) -> Reply:
            try:
                reply = layer(request)
            except AwsError as error:
                reply = error.to_reply(request.version)
            with self._lock:
                kept = self.answers.setdefault(request.action, [])
                one = RecordedAnswer(reply.status, reply.content_type, reply.to_bytes().decode())
                if one not in kept:
                    kept.append(one)
            return reply

        return record_reply


def record_answers() -> None:
    """Apply `account.yaml` to a sandbox, run every command against it, and write the answers to `answers.json`."""
    recorder, recorded = _Recorder(), {}
    for command, arguments in COMMANDS.items():
        with Sandbox(wrap=recorder.wrap_layer) as sandbox, TemporaryDirectory() as folder:
            account = Account(sandbox, Path(folder))
            for name in FILES:
                account.write((HERE / name).read_text(), name)
            account.apply("account.yaml")
            key = account.iam.create_access_key(UserName="bob")["AccessKey"]
            (sandbox.folder / "credentials").write_text(CREDENTIALS.format(key["AccessKeyId"]))
            as_bob = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
            account.iam.create_virtual_mfa_device(VirtualMFADeviceName="spare")
            recorder.answers = {}
            result = account.run_cli(*arguments, **(as_bob if arguments[0] == "assume" else {}))
            assert result.code == 0, (command, result)
            answers = sorted(recorder.answers.items())
            recorded[command] = {name: [asdict(answer) for answer in listed] for name, listed in answers}
    RECORDED.write_text(json.dumps(recorded, indent=1))
