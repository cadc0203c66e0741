"""Server certificates over real HTTP: uploaded by hand, then named, tagged, watched and deleted by a file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.support.account import Account
from tests.support.certificates import BODY, CHAIN, PRIVATE_KEY, make_pair, upload
from tests.support.plans import changes_of, list_writes, operations_of, read_log

HEAD = "version: 1\nowner: platform\n"
ADDRESS = "server-certificate/web"
SECRET = PRIVATE_KEY.splitlines()[1]


def section(name: str = "web", **more: str) -> str:
    given = {"body": "certs/web.pem", "chain": "certs/chain.pem", **more}
    return f"server_certificates: {{{name}: {{{', '.join(f'{key}: {value}' for key, value in given.items())}}}}}\n"


@pytest.fixture
def files(account: Account) -> Account:
    """An account without certificates, and the PEM files beside the file to write."""
    account.write(BODY, "certs/web.pem")
    account.write(CHAIN, "certs/chain.pem")
    return account


@pytest.fixture
def managed_account(files: Account) -> Account:
    """An uploaded certificate that the file has taken over."""
    upload(files.iam, "web")
    files.write(HEAD + section())
    files.apply()
    return files


def findings_of(plan: Any, code: str) -> list[dict[str, Any]]:
    return [finding for finding in plan["findings"] if finding["code"] == code]


def codes_of(plan: Any) -> list[str]:
    return [finding["code"] for finding in plan["findings"]]


def live(account: Account, name: str = "web") -> Any:
    return account.iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]


def names(account: Account) -> list[str]:
    listed = account.iam.list_server_certificates()["ServerCertificateMetadataList"]
    return [item["ServerCertificateName"] for item in listed]


# Upload


def test_one_that_is_not_live_is_an_error_with_the_command_that_uploads_it(files: Account) -> None:
    files.write(HEAD + section(path="/cloudfront/"))
    plan = files.plan()
    (finding,) = findings_of(plan, "certificate-not-uploaded")
    assert finding["level"] == "error"
    assert finding["address"] == ADDRESS
    assert "private key" in finding["message"]
    words = shlex.split(finding["message"].partition("plan again: ")[2])
    assert words[:3] == ["aws", "iam", "upload-server-certificate"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options == {
        "--server-certificate-name": "web",
        "--path": "/cloudfront/",
        "--certificate-body": "file://certs/web.pem",
        "--certificate-chain": "file://certs/chain.pem",
        "--private-key": "file://PRIVATE-KEY.pem",
    }
    assert operations_of(plan) == []
    files.clear_calls()
    assert files.run_cli("apply", "roles.yaml", "--yes").code == 1
    assert list_writes(files) == []


def test_an_uploaded_one_is_taken_over_and_then_at_rest(files: Account) -> None:
    upload(files.iam, "web")
    files.write(HEAD + section(tags="{team: web}"))
    plan = files.apply_and_read_plan()
    assert changes_of(plan) == {ADDRESS: ("adopt", ["tags.team"])}
    assert {tag["Key"]: tag["Value"] for tag in live(files)["Tags"]} == {"reconcile:owner": "platform", "team": "web"}
    assert changes_of(files.plan()) == {}


def test_a_file_with_a_private_key_is_refused_without_a_word_of_it(files: Account) -> None:
    files.write(BODY + PRIVATE_KEY, "certs/web.pem")
    files.write(HEAD + section())
    result = files.run_cli("validate", "roles.yaml")
    assert result.code != 0
    assert "it holds a private key" in result.err
    assert SECRET not in result.out + result.err


# Drift


def retag(iam: Any) -> None:
    iam.tag_server_certificate(ServerCertificateName="web", Tags=[{"Key": "by", "Value": "hand"}])


def move(iam: Any) -> None:
    iam.update_server_certificate(ServerCertificateName="web", NewPath="/elsewhere/")


@pytest.mark.parametrize(
    ("drift", "path", "operation"),
    [(retag, "tags.by", "UntagServerCertificate"), (move, "path", "UpdateServerCertificate")],
)
def test_drift_is_found_and_mended_by_one_call(
    managed_account: Account, drift: Callable[[Any], None], path: str, operation: str
) -> None:
    managed_account.write(HEAD + section(path="/"))
    drift(managed_account.iam)
    plan = managed_account.apply_and_read_plan()
    assert changes_of(plan) == {ADDRESS: ("update", [path])}
    assert operations_of(plan) == [operation]
    assert changes_of(managed_account.plan()) == {}


def test_line_breaks_and_notes_around_a_certificate_are_no_change(managed_account: Account) -> None:
    managed_account.write("issued by hand\r\n" + BODY.replace("\n", "\r\n") + "\n\n", "certs/web.pem")
    assert changes_of(managed_account.plan()) == {}


def test_another_body_is_refused_with_what_to_do(managed_account: Account) -> None:
    managed_account.write(make_pair(timedelta(days=400))[0], "certs/web.pem")
    (finding,) = findings_of(managed_account.plan(), "immutable-field")
    assert finding["message"].startswith(f"The body of {ADDRESS} is 1 certificate, sha256:")
    assert "under another name" in finding["message"]


def test_a_chain_that_the_file_lacks_is_refused(managed_account: Account) -> None:
    managed_account.write(HEAD + "server_certificates: {web: {body: certs/web.pem}}\n")
    (finding,) = findings_of(managed_account.plan(), "immutable-field")
    assert "absent in the file" in finding["message"]
    managed_account.write(HEAD + "server_certificates: {web: {body: certs/web.pem, ignore_changes: [chain]}}\n")
    assert changes_of(managed_account.plan()) == {}


# Names


def test_a_rename_keeps_the_certificate_and_its_tags(managed_account: Account) -> None:
    before = live(managed_account)
    managed_account.write(HEAD + section("shop", path="/x/") + f"moved: {{{ADDRESS}: server-certificate/shop}}\n")
    plan = managed_account.apply_and_read_plan()
    assert operations_of(plan) == ["UpdateServerCertificate"]
    after = live(managed_account, "shop")
    identity = "ServerCertificateId"
    assert after["ServerCertificateMetadata"][identity] == before["ServerCertificateMetadata"][identity]
    assert after["ServerCertificateMetadata"]["Path"] == "/x/"
    assert after["Tags"] == before["Tags"]
    assert names(managed_account) == ["shop"]
    assert changes_of(managed_account.plan()) == {}


def test_a_rename_whose_answer_is_lost_is_not_sent_twice(
    managed_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, lost = BaseClient._make_api_call, list[str]()

    def call(client: Any, operation: str, parameters: Any) -> Any:
        answer = made(client, operation, parameters)
        if operation == "UpdateServerCertificate" and not lost:
            lost.append(operation)
            said = {"Error": {"Code": "ServiceFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
            raise ClientError(said, operation)  # type: ignore[arg-type]
        return answer

    managed_account.write(HEAD + section("shop") + f"moved: {{{ADDRESS}: server-certificate/shop}}\n")
    managed_account.clear_calls()
    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    managed_account.apply()
    assert lost
    assert [line.split()[0] for line in list_writes(managed_account)] == ["UpdateServerCertificate"]


# Pruning and deletion


@pytest.mark.parametrize("prune", ["owned", "all"])
def test_no_prune_mode_reaches_certificates_without_the_section(managed_account: Account, prune: str) -> None:
    managed_account.write(f"{HEAD}settings: {{prune: {prune}}}\nusers: {{}}\n")
    managed_account.clear_calls()
    assert changes_of(managed_account.plan()) == {}
    assert [line for line in read_log(managed_account) if "ServerCertificate" in line] == []


def test_with_an_empty_section_what_is_ours_goes_and_what_is_not_stays(managed_account: Account) -> None:
    upload(managed_account.iam, "theirs")
    managed_account.write(HEAD + "server_certificates: {}\n")
    plan = managed_account.plan()
    assert changes_of(plan) == {ADDRESS: ("delete", ["body", "chain", "path", "tags.reconcile:owner"])}
    (finding,) = findings_of(plan, "certificate-deleted")
    assert finding["level"] == "warning"
    assert "no undo" in finding["message"]
    managed_account.apply()
    assert names(managed_account) == ["theirs"]


def test_a_deletion_counts_its_private_key_towards_the_threshold(managed_account: Account) -> None:
    managed_account.write(HEAD + "settings: {max_deletes: 1}\nserver_certificates: {}\n")
    (finding,) = findings_of(managed_account.plan(), "too-many-deletes")
    assert "2 deletions (1 entity; 1 password, key or MFA device)" in finding["message"]


def test_a_protected_one_is_not_deleted(managed_account: Account) -> None:
    managed_account.write(HEAD + section(protect="true"))
    managed_account.apply()
    managed_account.write(HEAD + "server_certificates: {}\n")
    assert "protected" in codes_of(managed_account.plan())
    assert changes_of(managed_account.plan()) == {}


def test_a_certificate_in_use_is_explained(managed_account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    made = BaseClient._make_api_call

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation == "DeleteServerCertificate":
            raise ClientError({"Error": {"Code": "DeleteConflict", "Message": "in use by arn:aws:elb"}}, operation)
        return made(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    managed_account.write(HEAD + "server_certificates: {}\n")
    result = managed_account.run_cli("apply", "roles.yaml", "--yes")
    assert result.code != 0
    assert "load balancer" in result.out + result.err


# Expiry


@pytest.mark.parametrize(
    ("left", "code"),
    [
        (timedelta(days=31), None),
        (timedelta(days=29, hours=1), "certificate-expires"),
        (timedelta(days=-1), "certificate-expired"),
    ],
)
def test_the_end_is_told_thirty_days_ahead(files: Account, left: timedelta, code: str | None) -> None:
    body, key = make_pair(left)
    files.write(body, "certs/web.pem")
    files.iam.upload_server_certificate(ServerCertificateName="web", CertificateBody=body, PrivateKey=key)
    files.write(HEAD + "server_certificates: {web: {body: certs/web.pem}}\n")
    files.apply()
    plan = files.plan()
    assert [found for found in codes_of(plan) if found.startswith("certificate")] == ([code] if code else [])
    assert plan["safe"]
    if code == "certificate-expires":
        assert "in 29 days" in findings_of(plan, code)[0]["message"]


# Saved plans, undo, export, denied reads


def test_a_saved_plan_reads_a_certificate_by_itself_and_is_stale_once_it_changed(managed_account: Account) -> None:
    managed_account.write(HEAD + section(tags="{a: b}"))
    assert managed_account.run_cli("plan", "roles.yaml", "--out", "plan.json").code == 0
    retag(managed_account.iam)
    refused = managed_account.run_cli("apply", "plan.json", "--yes")
    assert refused.code != 0
    assert "tags.by" in refused.out + refused.err
    managed_account.iam.untag_server_certificate(ServerCertificateName="web", TagKeys=["by"])
    done = managed_account.run_cli("apply", "plan.json", "--yes")
    assert done.code == 0, done.out + done.err
    assert {"Key": "a", "Value": "b"} in live(managed_account)["Tags"]


def test_an_undo_takes_a_rename_back(managed_account: Account) -> None:
    managed_account.write(HEAD + section("shop", tags="{a: b}") + f"moved: {{{ADDRESS}: server-certificate/shop}}\n")
    managed_account.apply("roles.yaml", "--journal", "made.jsonl")
    assert managed_account.run_cli("undo", "made.jsonl", "--out", "undo.json").code == 0
    undone = managed_account.run_cli("apply", "undo.json", "--yes")
    assert undone.code == 0, undone.out + undone.err
    assert names(managed_account) == ["web"]
    assert [tag["Key"] for tag in live(managed_account)["Tags"]] == ["reconcile:owner"]


def test_an_undo_of_a_deletion_says_that_only_an_upload_brings_it_back(managed_account: Account) -> None:
    managed_account.write(HEAD + "server_certificates: {}\n")
    managed_account.apply("roles.yaml", "--journal", "gone.jsonl")
    undone = managed_account.run_cli("undo", "gone.jsonl")
    assert undone.code == 3
    assert "upload-server-certificate" in undone.out + undone.err


def test_an_export_writes_the_section_and_the_files(managed_account: Account) -> None:
    result = managed_account.run_cli("export", "--owner", "platform", "--split", "out")
    assert result.code == 0, result.err
    assert (managed_account.folder / "out/certificates/web.pem").read_text().strip() == BODY.strip()
    assert (managed_account.folder / "out/certificates/web-chain.pem").read_text().strip() == CHAIN.strip()
    plan = managed_account.plan("out")
    assert plan["safe"]
    assert changes_of(plan) == {}


@pytest.mark.parametrize("operation", ["ListServerCertificates", "GetServerCertificate"])
def test_who_may_not_read_certificates_is_told(
    managed_account: Account, denied_operations: set[str], operation: str
) -> None:
    denied_operations.add(operation)
    managed_account.write(HEAD + section() + "users: {ann: {}}\n")
    plan = managed_account.plan()
    assert {"read-denied", "unread-kind"} == set(codes_of(plan))
    managed_account.write(HEAD + "users: {ann: {}}\n")
    assert codes_of(managed_account.plan()) == []


def test_no_file_that_a_run_writes_has_a_private_key(managed_account: Account) -> None:
    managed_account.write(HEAD + section(tags="{a: b}"))
    managed_account.run_cli("plan", "roles.yaml", "--out", "plan.json")
    managed_account.apply("roles.yaml", "--journal", "made.jsonl")
    for name in ("plan.json", "made.jsonl"):
        text = (managed_account.folder / name).read_text()
        assert json.loads(text.splitlines()[0] if name == "made.jsonl" else text)
        assert "PRIVATE KEY" not in text
        assert SECRET not in text
