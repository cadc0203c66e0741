"""Find ARNs of another partition than the account's, which IAM refuses.

IAM answers MalformedPolicyDocument: `Partition "aws" is not valid for resource "arn:aws:s3:::b"`
(terraform-aws-modules/terraform-aws-iam#39, eksctl-io/eksctl#4329), and for a principal of a trust "Invalid principal
in policy" (DataDog/cloudformation-template#71). It reads no variables there (cloudera-labs/cloudera.exe#112). A
wildcard fits every account. Values of conditions are not checked: IAM accepts any text in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.document import Document
from reconciler.model.partitions import partition_of_arn
from reconciler.policy.flaw import Flaw, error, format_value
from reconciler.policy.walk import element_of, iter_principals, iter_statements, texts_of

OTHER_PARTITION = "other-partition"


def is_foreign_arn(arn: str, partition: str) -> bool:
    """Return whether an ARN names another partition, without a wildcard that could match this one."""
    if arn.startswith(f"arn:{partition}:"):
        return False
    arn_partition = partition_of_arn(arn)
    return bool(arn_partition) and arn_partition != partition and not any(mark in arn_partition for mark in "*?")


def replace_partition(arn: str, partition: str) -> str:
    """Return the ARN with this partition in place of its own."""
    return ":".join(("arn", partition, *arn.split(":")[2:]))


def check_partition(document: object, partition: str) -> Iterator[Flaw]:
    """Yield a flaw for each resource and principal of another partition.

    document: as its author wrote it. partition: the account's.
    """
    for path, statement in iter_statements(document):
        for name in ("Resource", "NotResource"):
            for place, text in texts_of(element_of(statement, path, name)):
                if is_foreign_arn(text, partition):
                    refusal = f'Partition "{partition_of_arn(text)}" is not valid for resource'
                    yield error(
                        OTHER_PARTITION,
                        place,
                        *explain_partition(f"{name} {format_value(text)}", text, partition, refusal),
                    )
        for place, kind, text in iter_principals(element_of(statement, path, "Principal")):
            if kind in ("AWS", "Federated") and is_foreign_arn(text, partition):
                subject = f"The principal {format_value(text)}"
                yield error(
                    OTHER_PARTITION, place, *explain_partition(subject, text, partition, "Invalid principal in policy")
                )


def explain_partition(subject: str, arn: str, partition: str, refusal: str = "") -> tuple[str, str]:
    """Return the summary and the hint for an ARN of another partition.

    subject: the beginning of the summary, such as "Resource "arn:…"". partition: the account's.
    refusal: the message with which AWS refuses the ARN; empty if it accepts it.
    """
    arn_partition = partition_of_arn(arn)
    answer = f" AWS refuses it: {refusal}." if refusal else ""
    return (
        f"{subject} is in the partition {arn_partition}, but the account is in {partition}.{answer}",
        f"Write {replace_partition(arn, partition)}, or arn:{{{{ partition }}}}:… in a file for several partitions.",
    )


def find_foreign_arns(documents: Iterable[Document], references: Iterable[str], partition: str) -> Iterator[str]:
    """Yield the ARNs of another partition among the resources and principals of documents, and `references`."""
    for document in documents:
        for statement in document.statements:
            trusted = (text for kind, text in statement.principals or () if kind != "Service")
            yield from (arn for arn in (*(statement.resources or ()), *trusted) if is_foreign_arn(arn, partition))
    yield from (arn for arn in references if is_foreign_arn(arn, partition))
