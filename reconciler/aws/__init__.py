"""The only package that imports boto3: session, account snapshot, executor, STS, faults."""
