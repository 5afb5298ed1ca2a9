"""Makes calls of AWS APIs for the tests, which the runbooks are judged by: a call a line, an answer a line.

A call has account, service, operation (by boto3's name) and input; an answer has answer, or error and message.
"""

import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

clients = {}


def client(account, service):
    """The account's root; its long-term key is its number."""
    if (account, service) not in clients:
        clients[account, service] = boto3.client(
            service, region_name="us-east-1", endpoint_url=os.environ["JUDGE_ENDPOINT"], aws_access_key_id=account,
            aws_secret_access_key="test", config=Config(
                retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, inject_host_prefix=False))
    return clients[account, service]


def call(given):
    """One call."""
    try:
        answer = getattr(client(given["account"], given["service"]), given["operation"])(**(given["input"] or {}))
    except ClientError as refused:
        return {"error": refused.response["Error"]["Code"], "message": str(refused)}
    except Exception as wrong:
        return {"error": type(wrong).__name__, "message": str(wrong)}
    answer.pop("ResponseMetadata", None)
    return {"answer": answer}


for line in sys.stdin:
    print(json.dumps(call(json.loads(line)), default=str), flush=True)
