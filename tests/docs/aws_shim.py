"""A stand-in for the AWS CLI, for machines without one: `aws SERVICE OPERATION …` through boto3.

It knows what the pages use: parameters by the service's own model, JSON and file://, --query, --output json or
text, --profile, `configure set` (--profile), --outfile of create-virtual-mfa-device. Anything else fails.
DOCS_AWS_CLI=1 runs the tutorial with the AWS CLI itself.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

GLOBAL = ("query", "output", "profile", "outfile")


def main(words: list[str]) -> int:
    options, names = _parse_options(words)
    if names[:2] == ["configure", "set"]:
        _configure(*names[2:4], profile=options.get("profile", "default"))
        return 0
    import boto3
    import jmespath

    service, operation = names
    client: Any = boto3.Session(profile_name=options.get("profile")).client(service)
    shapes = _members_of(client, operation)
    given = {
        shapes[name]: _parse_value(
            text, client.meta.service_model.operation_model(_operation_name_of(client, operation)), shapes[name]
        )
        for name, text in options.items()
        if name not in (*GLOBAL, "bootstrap-method")
    }
    answer = getattr(client, operation.replace("-", "_"))(**given)
    answer.pop("ResponseMetadata")
    if "outfile" in options:
        Path(options["outfile"]).write_bytes(_take_seed(answer["VirtualMFADevice"], options["bootstrap-method"]))
    shown = jmespath.search(options["query"], answer) if "query" in options else answer
    if shown:
        sys.stdout.write(_format_text(shown) if options.get("output") == "text" else _format_json(shown))
    return 0


def _parse_options(words: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    names: list[str] = []
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            options[word.removeprefix("--")] = next(rest)
        else:
            names.append(word)
    return options, names


def _operation_name_of(client: Any, operation: str) -> str:
    name: str = client.meta.method_to_api_mapping[operation.replace("-", "_")]
    return name


def _members_of(client: Any, operation: str) -> dict[str, str]:
    from botocore import xform_name

    model = client.meta.service_model.operation_model(_operation_name_of(client, operation))
    members = model.input_shape.members if model.input_shape else {}
    return {xform_name(name, "-"): name for name in members}


def _parse_value(text: str, model: Any, name: str) -> object:
    if text.startswith("file://"):
        text = Path(text.removeprefix("file://")).read_text(encoding="utf-8")
    kind = model.input_shape.members[name].type_name
    if kind in ("list", "structure", "map"):
        found: object = json.loads(text) if text[:1] in "[{" else [_parse_shorthand(item) for item in text.split()]
        return found
    return int(text) if kind in ("integer", "long") else text


def _parse_shorthand(text: str) -> object:
    return dict(part.split("=", 1) for part in text.split(",")) if "=" in text else text


def _take_seed(device: dict[str, Any], method: str) -> bytes:
    seed: bytes | str = device.pop(method)
    device.pop("QRCodePNG", None)
    device.pop("Base32StringSeed", None)
    return b64decode(seed) if isinstance(seed, str) else seed


def _configure(key: str, value: str, profile: str) -> None:
    secret = key in ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    path = Path(os.environ["AWS_SHARED_CREDENTIALS_FILE" if secret else "AWS_CONFIG_FILE"])
    section = profile if secret or profile == "default" else f"profile {profile}"
    files = configparser.RawConfigParser()
    files.read(path)
    if not files.has_section(section):
        files.add_section(section)
    files.set(section, key, value)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        files.write(file)


def _format_json(value: object) -> str:
    return json.dumps(value, indent=4, default=lambda moment: moment.isoformat(), ensure_ascii=False) + "\n"


def _format_text(value: object) -> str:
    rows = value if isinstance(value, list) and any(isinstance(item, list) for item in value) else [value]
    lines = [row if isinstance(row, list) else [row] for row in rows]
    return "".join("\t".join(re.sub(r"\s+", " ", str(cell)) for cell in line) + "\n" for line in lines)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception as error:
        sys.exit(f"aws (stand-in): {type(error).__name__}: {error}")
