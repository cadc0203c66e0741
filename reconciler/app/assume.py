"""The use case `assume`: file → chain of roles → credentials and the environment they make.

Where `assume` (decides and keeps), `aws.sts` (calls) and the file's catalog of aliases meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.app.hops import Hops
from reconciler.app.wanted import Run, Say, Wanted
from reconciler.assume import warm
from reconciler.assume.credentials import Credentials, environment, kept_profile
from reconciler.shell.variables import Variables


@dataclass(frozen=True, slots=True)
class Assumed:
    alias: str
    role_arn: str
    credentials: Credentials
    variables: Variables = field(repr=False)
    session_name: str = ""
    chained: bool = False
    """True where AWS counts the credentials as chained: the console takes no SessionDuration with them."""


def assumed(wanted: Wanted, environ: Mapping[str, str], say: Say) -> Assumed:
    """Credentials of the role behind an alias: from the cache where they last, else from AWS.

    `say` gets lines for the person. Raises Failed: an invalid file, an unknown alias, no source credentials, a
    refusal by AWS.
    """
    run = Run(wanted, environ, say)
    line = warm.nesting(run.profile, environ)
    if line:
        say(line)
    hops = Hops(run, wanted.codes, say)
    credentials = hops.credentials()
    variables = environment(credentials, wanted.alias, run.region, kept_profile(environ))
    last = run.requests[-1]
    return Assumed(wanted.alias, last.role_arn, credentials, variables, last.session_name, hops.chained)
