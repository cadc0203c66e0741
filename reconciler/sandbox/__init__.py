"""An AWS account on loopback: an emulator in a child process and a strict layer of our own in front of it."""
