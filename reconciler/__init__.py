"""A declarative reconciler for AWS IAM. The walk through the code is in CONTRIBUTING.md."""

__version__ = "0.1.0"
