"""ARNs of another partition than the account's, which IAM refuses.

IAM answers MalformedPolicyDocument: `Partition "aws" is not valid for resource "arn:aws:s3:::b"`
(terraform-aws-modules/terraform-aws-iam#39, eksctl-io/eksctl#4329), and for a principal of a trust "Invalid principal
in policy" (DataDog/cloudformation-template#71). It knows no variables there (cloudera-labs/cloudera.exe#112). A
wildcard fits every account. Values of conditions are not checked: IAM takes any text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.document import Document
from reconciler.model.partitions import partition_of_arn
from reconciler.policy.flaw import Flaw, error, shown
from reconciler.policy.walk import element, principals, statements, texts

OTHER_PARTITION = "other-partition"


def is_foreign(arn: str, partition: str) -> bool:
    """True for an ARN whose partition is not this one, and has no wildcard that could match it."""
    named = partition_of_arn(arn)
    return bool(named) and named != partition and not any(mark in named for mark in "*?")


def move_arn(arn: str, partition: str) -> str:
    """Return the ARN with this partition in place of its own."""
    return ":".join(("arn", partition, *arn.split(":")[2:]))


def flaws_of_partition(document: object, partition: str) -> Iterator[Flaw]:
    """Yield a flaw for each resource and principal of another partition. `document` is as its author wrote it."""
    for path, statement in statements(document):
        for name in ("Resource", "NotResource"):
            for where, text in texts(element(statement, path, name)):
                if is_foreign(text, partition):
                    said = f'Partition "{partition_of_arn(text)}" is not valid for resource'
                    yield error(OTHER_PARTITION, where, *explain(f"{name} {shown(text)}", text, partition, said))
        for where, kind, text in principals(element(statement, path, "Principal")):
            if kind in ("AWS", "Federated") and is_foreign(text, partition):
                what = f"The principal {shown(text)}"
                yield error(OTHER_PARTITION, where, *explain(what, text, partition, "Invalid principal in policy"))


def explain(what: str, arn: str, partition: str, said: str = "") -> tuple[str, str]:
    """Return the summary and the hint for an ARN of another partition. said: how AWS refuses it."""
    named = partition_of_arn(arn)
    answer = f" AWS refuses it: {said}." if said else ""
    return (
        f"{what} is of the partition {named}; the account is in {partition}.{answer}",
        f"Write {move_arn(arn, partition)}, or arn:{{{{ partition }}}}:… in a file for several partitions.",
    )


def foreign_arns(documents: Iterable[Document], references: Iterable[str], partition: str) -> Iterator[str]:
    """Yield the ARNs of another partition among the resources and principals of documents, and `references`."""
    for document in documents:
        for statement in document.statements:
            trusted = (text for kind, text in statement.principals or () if kind != "Service")
            yield from (arn for arn in (*(statement.resources or ()), *trusted) if is_foreign(arn, partition))
    yield from (arn for arn in references if is_foreign(arn, partition))
