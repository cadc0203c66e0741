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
from reconciler.policy.flaw import Flaw, error, format_value
from reconciler.policy.walk import element_of, iter_principals, iter_statements, texts_of

OTHER_PARTITION = "other-partition"


def is_foreign_arn(arn: str, partition: str) -> bool:
    """True for an ARN whose partition is not this one, and has no wildcard that could match it."""
    named = partition_of_arn(arn)
    return bool(named) and named != partition and not any(mark in named for mark in "*?")


def replace_partition(arn: str, partition: str) -> str:
    """Return the ARN with this partition in place of its own."""
    return ":".join(("arn", partition, *arn.split(":")[2:]))


def check_partition(document: object, partition: str) -> Iterator[Flaw]:
    """Yield a flaw for each resource and principal of another partition. `document` is as its author wrote it."""
    for path, statement in iter_statements(document):
        for name in ("Resource", "NotResource"):
            for where, text in texts_of(element_of(statement, path, name)):
                if is_foreign_arn(text, partition):
                    said = f'Partition "{partition_of_arn(text)}" is not valid for resource'
                    yield error(
                        OTHER_PARTITION,
                        where,
                        *explain_partition(f"{name} {format_value(text)}", text, partition, said),
                    )
        for where, kind, text in iter_principals(element_of(statement, path, "Principal")):
            if kind in ("AWS", "Federated") and is_foreign_arn(text, partition):
                what = f"The principal {format_value(text)}"
                yield error(
                    OTHER_PARTITION, where, *explain_partition(what, text, partition, "Invalid principal in policy")
                )


def explain_partition(what: str, arn: str, partition: str, refusal: str = "") -> tuple[str, str]:
    """Return the summary and the hint for an ARN of another partition. refusal: how AWS refuses it."""
    named = partition_of_arn(arn)
    answer = f" AWS refuses it: {refusal}." if refusal else ""
    return (
        f"{what} is of the partition {named}; the account is in {partition}.{answer}",
        f"Write {replace_partition(arn, partition)}, or arn:{{{{ partition }}}}:… in a file for several partitions.",
    )


def find_foreign_arns(documents: Iterable[Document], references: Iterable[str], partition: str) -> Iterator[str]:
    """Yield the ARNs of another partition among the resources and principals of documents, and `references`."""
    for document in documents:
        for statement in document.statements:
            trusted = (text for kind, text in statement.principals or () if kind != "Service")
            yield from (arn for arn in (*(statement.resources or ()), *trusted) if is_foreign_arn(arn, partition))
    yield from (arn for arn in references if is_foreign_arn(arn, partition))
