"""Copy a directory to s3://bucket/prefix or back with boto3's TransferManager, run by an environment of its own."""

import sys
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.config import Config


def main(source: str, target: str) -> None:
    """Copy all files of ``source`` at once, as many in flight as TransferManager does by default."""
    config = TransferConfig()
    client = boto3.client("s3", config=Config(max_pool_connections=config.max_request_concurrency))
    with create_transfer_manager(client, config) as manager:
        if source.startswith("s3://"):
            bucket, _, prefix = source.removeprefix("s3://").partition("/")
            Path(target).mkdir(parents=True)
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
            keys = [row["Key"] for page in pages for row in page["Contents"]]
            futures = [manager.download(bucket, key, str(Path(target, Path(key).name))) for key in keys]
        else:
            bucket, _, prefix = target.removeprefix("s3://").partition("/")
            futures = [manager.upload(str(path), bucket, f"{prefix}/{path.name}") for path in Path(source).iterdir()]
        for future in futures:
            future.result()


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print(boto3.__version__)
    else:
        main(sys.argv[1], sys.argv[2])
