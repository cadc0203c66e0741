"""What `reconcile` costs on this machine, beside the least that any tool needs, and beside Terraform: `make bench`.

A generated account (`workload`) is served by a stand-in for AWS in a process of its own (`replay`, `answers`,
`account`), and whole processes are measured against it in turn (`measure`). Each question that docs/performance.md
answers is a module that returns rows of one table: `reading`, `terraform`, `applying`, `parsing`. Nothing reaches AWS.
"""
