"""Measure the cost of `reconcile` on this machine, beside the least that any tool needs, and beside Terraform.

Run `make bench`.
A stand-in for AWS serves a generated account (`workload`) in a process of its own (`replay`, `answers`, `account`).
Whole processes are measured against it in turn (`measure`). Each question of docs/performance.md is a module that
yields the rows of one table: `reading`, `terraform`, `applying`, `parsing`. Nothing reaches AWS.
"""
