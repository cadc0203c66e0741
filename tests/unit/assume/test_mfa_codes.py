"""An MFA code comes from one place at a time and is sent once."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from reconciler.assume import mfa_codes
from reconciler.assume.mfa_codes import CodeSources
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MFA_CODE_REFUSED

PRINTS = f"{sys.executable} -c 'print(333333)'"


def type_codes(*answers: str) -> tuple[Callable[[str], str], list[str]]:
    asked: list[str] = []
    waiting = list(answers)

    def ask(question: str) -> str:
        asked.append(question)
        return waiting.pop(0)

    return ask, asked


def refuse_codes(*refused: str) -> tuple[Callable[[str], str], list[str]]:
    sent: list[str] = []

    def send(code: str) -> str:
        sent.append(code)
        if code in refused:
            raise make_error(MFA_CODE_REFUSED, "AWS refused the code.")
        return f"in with {code}"

    return send, sent


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (CodeSources("111111", PRINTS, "222222"), "111111"),
        (CodeSources(None, PRINTS, "222222"), "333333"),
        (CodeSources(None, None, "222222"), "222222"),
        (CodeSources(None, None, " 222222\n"), "222222"),
        (CodeSources(None, None, None, lambda question: "444 444"), "444444"),
    ],
)
def test_the_option_comes_first_then_the_command_then_the_variable_then_the_person(
    sources: CodeSources, expected: str
) -> None:
    assert next(mfa_codes.iter_codes(sources, "Code: ")) == expected


def test_a_refused_code_is_never_sent_again_and_the_next_is_asked_for() -> None:
    ask, asked = type_codes("111111", "abc", "222222")
    send, sent = refuse_codes("111111")
    assert mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources("111111", ask=ask), "Code: "), send) == "in with 222222"
    assert sent == ["111111", "222222"]
    assert "refused" in asked[0] and "has been used" in asked[1] and "six digits" in asked[2]


def test_a_person_is_asked_three_times_at_most_and_told_what_aws_said() -> None:
    ask, asked = type_codes("111111", "222222", "333333", "444444")
    send, sent = refuse_codes("111111", "222222", "333333")
    with pytest.raises(ReconcileError) as caught:
        mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources(ask=ask), "Code: "), send)
    assert len(asked) == 3 and sent == ["111111", "222222", "333333"]
    assert caught.value.problems[0].code == MFA_CODE_REFUSED


def test_nothing_is_sent_for_what_is_no_code() -> None:
    ask, asked = type_codes(*["", "12345", "abcdef"] * 4)
    send, sent = refuse_codes()
    with pytest.raises(ReconcileError) as caught:
        mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources(ask=ask), "Code: "), send)
    assert sent == [] and len(asked) == 10 and "six digits" in caught.value.problems[0].message


def test_a_slip_of_the_fingers_costs_no_try() -> None:
    ask, asked = type_codes("111111", "11111", "111111", "222222", "", "333333", "444444")
    send, sent = refuse_codes("111111", "222222", "333333", "444444")
    with pytest.raises(ReconcileError) as caught:
        mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources(ask=ask), "Code: "), send)
    assert sent == ["111111", "222222", "333333"] and len(asked) == 6
    assert caught.value.problems[0].code == MFA_CODE_REFUSED


def test_the_last_try_still_counts_after_slips() -> None:
    ask, _ = type_codes("111111", "x", "222222", "x", "x", "333333")
    send, sent = refuse_codes("111111", "222222")
    assert mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources(ask=ask), "Code: "), send) == "in with 333333"
    assert sent == ["111111", "222222", "333333"]


def test_a_refusal_is_what_is_said_when_the_answers_run_out() -> None:
    ask, asked = type_codes("111111", *["x"] * 12)
    send, sent = refuse_codes("111111")
    with pytest.raises(ReconcileError) as caught:
        mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources(ask=ask), "Code: "), send)
    assert sent == ["111111"] and len(asked) == 10 and caught.value.problems[0].code == MFA_CODE_REFUSED


def test_without_a_terminal_a_refused_code_ends_it() -> None:
    send, sent = refuse_codes("111111")
    with pytest.raises(ReconcileError) as caught:
        mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources("111111"), "Code: "), send)
    assert sent == ["111111"] and caught.value.problems[0].code == MFA_CODE_REFUSED


def test_without_a_terminal_it_is_said_what_to_pass() -> None:
    with pytest.raises(ReconcileError) as caught:
        next(mfa_codes.iter_codes(CodeSources(), "Code: "))
    message = caught.value.problems[0].message
    assert "--token-code" in message and "--token-command" in message and "RECONCILE_MFA_CODE" in message


def test_another_failure_ends_it_at_once() -> None:
    ask, asked = type_codes("111111", "222222")

    def send(code: str) -> str:
        raise make_error("assume-refused", "No.")

    with pytest.raises(ReconcileError) as caught:
        mfa_codes.try_codes(mfa_codes.iter_codes(CodeSources(ask=ask), "Code: "), send)
    assert len(asked) == 1 and caught.value.problems[0].code == "assume-refused"


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (CodeSources("12345"), "--token-code"),
        (CodeSources("１２３４５６"), "--token-code"),
        (CodeSources(None, f"{sys.executable} -c 'print(\"hunter2\")'"), "--token-command"),
        (CodeSources(None, None, "hunter2"), "RECONCILE_MFA_CODE"),
        (CodeSources(None, f"{sys.executable} -c 'raise SystemExit(3)'"), "exit code 3"),
        (CodeSources(None, "no-such-program-here"), "did not start"),
        (CodeSources(None, "unclosed 'quote"), "did not start"),
        (CodeSources(None, ""), "did not start"),
    ],
)
def test_what_gives_no_code_is_named_and_its_text_is_not_shown(sources: CodeSources, said: str) -> None:
    with pytest.raises(ReconcileError) as caught:
        next(mfa_codes.iter_codes(sources, "Code: "))
    message = caught.value.problems[0].message
    assert said in message and "hunter2" not in message and "12345" not in message


def test_no_code_shows_in_a_repr() -> None:
    assert "111111" not in repr(CodeSources("111111", "print 111111", "111111"))
