"""The front that breaks calls for tests does what it says, and no more; so do IAM's delays, by a clock of our own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from reconciler.sandbox.proxy import Layer
from reconciler.sandbox.query_protocol import HttpRequest, Reply
from reconciler.sandbox.server import Sandbox
from tests.support.eventual import Lag
from tests.support.faults import (
    FaultLayer,
    ProcessKiller,
    TokenBucket,
    count_most_in_flight,
    delay_answer,
    drop_answer,
    drop_request,
    fail,
    refuse_with,
    throttle,
)

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})


def trust_arns(*arns: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


EC2 = trust_arns("arn:aws:iam::123456789012:root")


@pytest.fixture(scope="module")
def _front() -> FaultLayer:
    return FaultLayer()


@pytest.fixture(scope="module")
def _client(_front: FaultLayer) -> Iterator[Any]:
    with Sandbox(wrap=_front.wrap_layer) as running:
        yield client(running.url)


def client(url: str, attempts: int = 1, patience: float = 60) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            read_timeout=patience,
            max_pool_connections=20,
        ),
    )


@pytest.fixture
def front(_front: FaultLayer) -> FaultLayer:
    return _front


@pytest.fixture
def iam(_client: Any, front: FaultLayer) -> Iterator[Any]:
    """On an empty account."""
    front.clear()
    yield _client
    front.clear()
    reset = urllib.request.Request(f"{_client.meta.endpoint_url}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).read()


def users(iam: Any) -> list[str]:
    return [user["UserName"] for user in iam.list_users()["Users"]]


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[int, str]:
    """Status and code of the refusal that this must meet."""
    with pytest.raises(_errors(call)) as caught:
        call(**parameters)
    answer: Any = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def _errors(call: Any) -> Any:
    return call.__self__.exceptions.ClientError


# What is broken, and what is done


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (throttle, (400, "Throttling")),
        (fail, (500, "ServiceFailure")),
        (refuse_with("ConcurrentModification", "busy", 409), (409, "ConcurrentModification")),
    ],
)
def test_a_refused_call_is_answered_as_iam_does_and_not_done(
    iam: Any, front: FaultLayer, fault: Any, answer: tuple[int, str]
) -> None:
    hit = front.break_call("CreateUser ann", fault)
    assert refusal(iam.create_user, UserName="ann") == answer
    assert users(iam) == []
    iam.create_user(UserName="ann")
    assert (users(iam), hit.hits) == (["ann"], 1)
    assert [record.outcome for record in front.list_writes()] == [answer[1], ""]


@pytest.mark.parametrize(("fault", "done"), [(drop_request, []), (drop_answer, ["ann"])])
def test_a_connection_that_ends_leaves_it_undone_before_and_done_after(
    iam: Any, front: FaultLayer, fault: Any, done: list[str]
) -> None:
    front.break_call("CreateUser", fault)
    with pytest.raises(ConnectionClosedError):
        iam.create_user(UserName="ann")
    assert users(iam) == done
    assert front.list_writes()[0].outcome == "hung up"


def test_a_late_answer_is_a_timeout_to_who_is_impatient(iam: Any, front: FaultLayer) -> None:
    front.break_call("CreateUser", delay_answer(0.6))
    with pytest.raises(ReadTimeoutError):
        client(iam.meta.endpoint_url, patience=0.2).create_user(UserName="ann")
    assert users(iam) == ["ann"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_is_killed_as_its_call_arrives_or_once_it_is_done(iam: Any, front: FaultLayer, moment: str) -> None:
    killing = ProcessKiller()
    front.break_call("CreateUser", killing.kill_before if moment == "before" else killing.kill_after)
    script = (
        "import boto3, sys\n"
        "boto3.client('iam', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='a',"
        " aws_secret_access_key='b').create_user(UserName='ann')\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, iam.meta.endpoint_url]) as process:
        killing.set_process(process.pid)
        assert process.wait(60) == -9
    assert users(iam) == ([] if moment == "before" else ["ann"])


# Which call is broken


def test_the_so_manyth_write_is_broken_and_reads_do_not_count(iam: Any, front: FaultLayer) -> None:
    hit = front.break_write(2, throttle, times=2)
    iam.create_user(UserName="a")
    iam.list_users()
    assert refusal(iam.create_user, UserName="b") == (400, "Throttling")
    iam.create_user(UserName="c")
    assert refusal(iam.create_user, UserName="b") == (400, "Throttling"), "sent again, it is the same write"
    iam.create_user(UserName="b")
    assert (users(iam), hit.hits) == (["a", "c", "b"], 2)


def test_a_line_breaks_one_call_and_an_action_every_such(iam: Any, front: FaultLayer) -> None:
    front.break_call("CreateUser b", throttle)
    front.break_call("CreateGroup", throttle, times=2)
    iam.create_user(UserName="a")
    assert refusal(iam.create_user, UserName="b") == (400, "Throttling")
    for name in ("a", "b"):
        assert refusal(iam.create_group, GroupName=name) == (400, "Throttling")
    iam.create_group(GroupName="a")


def test_botocore_tries_again_by_itself_and_each_time_is_recorded(iam: Any, front: FaultLayer) -> None:
    front.break_call("CreateUser", drop_request)
    client(iam.meta.endpoint_url, attempts=2).create_user(UserName="ann")
    assert [(record.line, record.outcome) for record in front.list_writes()] == [
        ("CreateUser ann", "hung up"),
        ("CreateUser ann", ""),
    ]


# Rates


def test_a_bucket_refills_with_time_up_to_its_burst() -> None:
    now = 0.0
    bucket = TokenBucket(2, burst=3, clock=lambda: now)
    assert [bucket.take_token() for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [bucket.take_token() for _ in range(2)] == [True, False]
    now = 100.0
    assert [bucket.take_token() for _ in range(4)] == [True, True, True, False]


def test_writes_over_the_limit_are_throttled_and_reads_are_not(iam: Any, front: FaultLayer) -> None:
    front.rate = TokenBucket(1, burst=2, clock=lambda: 0.0)
    for name in ("a", "b"):
        iam.create_user(UserName=name)
    assert refusal(iam.create_user, UserName="c") == (400, "Throttling")
    assert users(iam) == ["a", "b"]


def test_a_latency_holds_each_call_back(iam: Any, front: FaultLayer) -> None:
    front.latency = 0.1
    iam.list_users()
    (record,) = front.records
    assert record.ended - record.began >= 0.1


def test_the_most_calls_in_flight_are_those_that_overlap(iam: Any, front: FaultLayer) -> None:
    together = Barrier(4)

    def meet_others(request: HttpRequest, layer: Layer) -> Reply:
        together.wait(20)
        return layer(request)

    front.break_call("CreateUser", meet_others, times=4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda index: iam.create_user(UserName=f"u{index}"), range(4)))
    assert count_most_in_flight(front.list_writes()) == 4
    front.clear()
    for index in range(3):
        iam.create_group(GroupName=f"g{index}")
    assert count_most_in_flight(front.list_writes()) == 1
    assert count_most_in_flight([]) == 0


# Delays


@dataclass
class Time:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(iam: Any, front: FaultLayer) -> Time:
    """Moved on by the test. A new entity is shown after 2 s and a principal after 4; what goes is shown for 3."""
    moved = Time()
    front.delay_visibility(Lag(created=2, principal=4, deleted=3, unlinked=1), moved)
    return moved


def details(iam: Any) -> dict[str, list[str]]:
    found = iam.get_account_authorization_details(Filter=["User", "Group", "Role", "LocalManagedPolicy"])
    return {
        key: [item["Arn"].rpartition("/")[2] for item in found[key]] for key in found if key.endswith(("List", "s"))
    }


CREATIONS = {
    "user": ("create_user", {"UserName": "ann"}, "get_user", {"UserName": "ann"}),
    "group": ("create_group", {"GroupName": "ann"}, "get_group", {"GroupName": "ann"}),
    "role": ("create_role", {"RoleName": "ann", "AssumeRolePolicyDocument": EC2}, "get_role", {"RoleName": "ann"}),
    "policy": (
        "create_policy",
        {"PolicyName": "ann", "PolicyDocument": ALLOW},
        "get_policy",
        {"PolicyArn": "arn:aws:iam::123456789012:policy/ann"},
    ),
    "profile": (
        "create_instance_profile",
        {"InstanceProfileName": "ann"},
        "get_instance_profile",
        {"InstanceProfileName": "ann"},
    ),
    "provider": (
        "create_open_id_connect_provider",
        {"Url": "https://a.example.com", "ClientIDList": ["x"]},
        "get_open_id_connect_provider",
        {"OpenIDConnectProviderArn": "arn:aws:iam::123456789012:oidc-provider/a.example.com"},
    ),
}
LISTS = {
    "user": ("list_users", "Users"),
    "group": ("list_groups", "Groups"),
    "role": ("list_roles", "Roles"),
    "policy": ("list_policies", "Policies"),
    "profile": ("list_instance_profiles", "InstanceProfiles"),
    "provider": ("list_open_id_connect_providers", "OpenIDConnectProviderList"),
}
DELETIONS = {"profile": "delete_instance_profile", "provider": "delete_open_id_connect_provider"}


def count_entities(iam: Any, kind: str) -> int:
    method, key = LISTS[kind]
    more = {"Scope": "Local"} if kind == "policy" else {}
    found = details(iam).get({"policy": "Policies"}.get(kind, f"{kind.capitalize()}DetailList"))
    count = len(getattr(iam, method)(**more)[key])
    assert found is None or len(found) == count, "the lists disagree"
    return count


@pytest.mark.parametrize("kind", CREATIONS)
def test_what_is_new_is_unknown_for_a_while_and_its_name_is_taken(iam: Any, time: Time, kind: str) -> None:
    create, given, get, named = CREATIONS[kind]
    getattr(iam, create)(**given)
    time.now = 1.9
    assert refusal(getattr(iam, get), **named) == (404, "NoSuchEntity")
    assert refusal(getattr(iam, create), **given) == (409, "EntityAlreadyExists")
    assert count_entities(iam, kind) == 0
    time.now = 2.0
    getattr(iam, get)(**named)
    assert count_entities(iam, kind) == 1


@pytest.mark.parametrize("kind", CREATIONS)
def test_what_is_gone_is_shown_for_a_while(iam: Any, time: Time, kind: str) -> None:
    create, given, get, named = CREATIONS[kind]
    getattr(iam, create)(**given)
    time.now = 10.0
    getattr(iam, DELETIONS.get(kind, f"delete_{kind}"))(**named)
    time.now = 12.9
    getattr(iam, get)(**named)
    assert count_entities(iam, kind) == 1
    time.now = 13.0
    assert refusal(getattr(iam, get), **named) == (404, "NoSuchEntity")
    assert count_entities(iam, kind) == 0


def test_what_is_made_anew_is_not_shown_twice(iam: Any, time: Time) -> None:
    iam.create_user(UserName="ann")
    time.now = 10.0
    iam.delete_user(UserName="ann")
    iam.create_user(UserName="ann")
    time.now = 12.5
    assert users(iam) == ["ann"]


def test_a_new_entity_cannot_be_named_by_a_write(iam: Any, time: Time) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
    iam.create_group(GroupName="g")
    time.now = 1.0
    iam.create_user(UserName="ann")
    time.now = 2.5
    for call, parameters in (
        (iam.attach_user_policy, {"UserName": "ann", "PolicyArn": policy}),
        (iam.add_user_to_group, {"UserName": "ANN", "GroupName": "g"}),
        (iam.tag_user, {"UserName": "ann", "Tags": []}),
        (iam.delete_user, {"UserName": "ann"}),
    ):
        assert refusal(call, **parameters) == (404, "NoSuchEntity")
    time.now = 3.0
    iam.attach_user_policy(UserName="ann", PolicyArn=policy)
    late = iam.create_policy(PolicyName="late", PolicyDocument=ALLOW)["Policy"]["Arn"]
    assert refusal(iam.create_user, UserName="bob", PermissionsBoundary=late) == (404, "NoSuchEntity")
    assert refusal(iam.attach_user_policy, UserName="ann", PolicyArn=late) == (404, "NoSuchEntity")


def test_a_new_principal_is_invalid_in_a_trust_for_a_while(iam: Any, time: Time) -> None:
    ann = iam.create_user(UserName="ann")["User"]["Arn"]
    iam.create_role(RoleName="old", AssumeRolePolicyDocument=EC2)
    time.now = 3.9
    malformed = (400, "MalformedPolicyDocument")
    assert refusal(iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust_arns(ann)) == malformed
    assert refusal(iam.update_assume_role_policy, RoleName="old", PolicyDocument=trust_arns(ann)) == malformed
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=EC2)
    time.now = 4.0
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust_arns(ann))


def test_what_was_taken_off_keeps_an_entity_from_going_for_a_while(iam: Any, time: Time) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
    for name in ("ann", "bob"):
        iam.create_user(UserName=name)
    time.now = 10.0
    iam.attach_user_policy(UserName="ann", PolicyArn=policy)
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=ALLOW)
    iam.detach_user_policy(UserName="ann", PolicyArn=policy)
    iam.delete_user_policy(UserName="bob", PolicyName="own")
    time.now = 10.9
    conflict = (409, "DeleteConflict")
    assert refusal(iam.delete_user, UserName="ann") == conflict
    assert refusal(iam.delete_user, UserName="bob") == conflict
    assert refusal(iam.delete_policy, PolicyArn=policy) == conflict
    time.now = 11.0
    iam.delete_user(UserName="ann")
    iam.delete_policy(PolicyArn=policy)


def test_cleared_all_is_at_once_and_nothing_is_recorded(iam: Any, front: FaultLayer, time: Time) -> None:
    iam.create_user(UserName="ann")
    front.break_call("GetUser", throttle)
    front.clear()
    iam.get_user(UserName="ann")
    assert [record.line for record in front.records] == ["GetUser ann"]
