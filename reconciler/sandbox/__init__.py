"""A sandbox AWS account on loopback: an emulator in a child process, behind a layer that answers as AWS documents."""
