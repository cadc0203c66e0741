"""Correct the emulator's answers to those of AWS: one module of rules per subject, all listed in `layer.RULE_SETS`.

The rules follow AWS's documents. They see only requests and replies, never the inside of an emulator.
"""
