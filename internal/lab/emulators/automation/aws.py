"""The executor's way to the lab: as itself for what SSM does, as the assumed role for what a runbook does."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config

from .errors import Refused

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Gate:
    """Knows where the lab and ministack listen, and the lab's token."""

    def __init__(self, endpoint, ministack, token):
        self.endpoint, self._ministack, self._token = endpoint, ministack, token

    def document(self, account, region, name, version):
        """Name, version and content of a document, as GetDocument gives them to SSM itself."""
        try:
            found = self._read(account, region, name, version)
        except urllib.error.HTTPError as refused:
            code = "AutomationDefinitionNotFoundException"
            if version != "$DEFAULT" and self._is_there(account, region, name):
                code = "AutomationDefinitionVersionNotFoundException"
            raise Refused(code, f"document {name} version {version} is not there") from refused
        return found["Name"], found["DocumentVersion"], found["Content"]

    def _is_there(self, account, region, name):
        try:
            return bool(self._read(account, region, name, "$DEFAULT"))
        except urllib.error.HTTPError:
            return False

    def _read(self, account, region, name, version):
        asked = {"Name": name} if version == "$DEFAULT" else {"Name": name, "DocumentVersion": version}
        request = urllib.request.Request(self.endpoint + "/", data=json.dumps(asked).encode(), method="POST", headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/ssm/aws4_request, "
                             "SignedHeaders=host, Signature=lab",
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetDocument",
            "X-Lab-Token": self._token,
        })
        with _opener.open(request, timeout=30) as answer:
            return json.loads(answer.read())

    def assume(self, role, execution, region):
        """A session of the role for SSM, if its trust policy lets SSM in for this execution; else None."""
        account = role.split(":")[4] if role.count(":") >= 5 else ""
        query = urllib.parse.urlencode({
            "role": role, "service": "ssm.amazonaws.com", "name": execution, "source_account": account,
            "source_arn": f"arn:aws:ssm:{region}:{account}:automation-execution/{execution}",
        })
        request = urllib.request.Request(f"http://{self._ministack}/_lab/session?{query}", data=b"", method="POST")
        try:
            with _opener.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError:
            return None


class Session:
    """What a runbook can do: clients and an environment with the credentials of its role."""

    def __init__(self, gate, credentials, region):
        self._gate, self._credentials, self._region = gate, credentials, region

    def client(self, service):
        """A client of a service by boto3's name. It tries once: a document says how often a step is tried."""
        return boto3.client(
            service, region_name=self._region, endpoint_url=self._gate.endpoint,
            aws_access_key_id=self._credentials["AccessKeyId"],
            aws_secret_access_key=self._credentials["SecretAccessKey"],
            aws_session_token=self._credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"},
                          inject_host_prefix=False))

    def environment(self):
        """The environment of a script."""
        return {
            "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1,localhost",
            "AWS_ENDPOINT_URL": self._gate.endpoint, "AWS_REGION": self._region, "AWS_DEFAULT_REGION": self._region,
            "AWS_ACCESS_KEY_ID": self._credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self._credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self._credentials["SessionToken"], "AWS_EC2_METADATA_DISABLED": "true",
        }
