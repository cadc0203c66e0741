"""What AWS does and an emulator does not: one room per subject, gathered in `layer.ROOMS`.

Written from AWS's documents, against no emulator's insides: it sees requests and replies only.
"""
