"""CloudFormation types that ministack does not know, created where the lab keeps such things.

A handler answers (physical id, attributes). Calls go to the lab's endpoint with the lab's own token: they are
not authorised a second time, and ministack, which waits for them here, is never asked.
"""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid


class Client:
    """Speaks to the services the lab keeps outside ministack, as the account whose stack is being deployed."""

    def __init__(self, endpoint, token):
        self.endpoint, self.token = endpoint, token
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, service, method, path, body, target=""):
        from ministack.core.responses import get_account_id, get_region

        account, region = get_account_id(), get_region()
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, "
                             "SignedHeaders=host, Signature=lab",
            "Content-Type": "application/x-amz-json-1.1" if target else "application/json",
            "X-Lab-Token": self.token,
        }
        if target:
            headers["X-Amz-Target"] = target
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + path, data=data, headers=headers, method=method)
        try:
            with self.opener.open(request, timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as refused:
            reason = refused.read().decode("utf-8", "replace")
            raise ValueError(f"{service} answered {refused.code}: {reason}") from refused


def _arn(service, resource):
    from ministack.core.responses import get_account_id, get_region

    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def _name(stack, logical):
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{stack}-{logical}")[:128]


def action_target(client):
    """AWS::SecurityHub::ActionTarget: Ref is its ARN."""

    def create(logical, props, stack):
        body = {"Id": props["Id"], "Name": props["Name"], "Description": props["Description"]}
        arn = client.send("securityhub", "POST", "/actionTargets", body)["ActionTargetArn"]
        return arn, {"ActionTargetArn": arn}

    def update(arn, old, new, stack):
        if old["Id"] != new["Id"]:
            created = create("", new, stack)
            delete(arn, old)
            return created
        body = {"Name": new["Name"], "Description": new["Description"]}
        client.send("securityhub", "PATCH", "/actionTargets/" + arn, body)
        return arn, {"ActionTargetArn": arn}

    def delete(arn, props):
        client.send("securityhub", "DELETE", "/actionTargets/" + arn, None)

    return {"create": create, "update": update, "delete": delete}


def document(client):
    """AWS::SSM::Document: Ref is its name."""

    def text(props):
        content = props["Content"]
        return content if isinstance(content, str) else json.dumps(content)

    def create(logical, props, stack):
        name = props.get("Name") or _name(stack, logical)
        client.send("ssm", "POST", "/", {
            "Name": name, "Content": text(props), "DocumentType": props.get("DocumentType", "Command"),
            "DocumentFormat": props.get("DocumentFormat", "JSON")}, "AmazonSSM.CreateDocument")
        return name, {}

    def update(name, old, new, stack):
        if new.get("Name", name) != name:
            created = create("", new, stack)
            delete(name, old)
            return created
        version = client.send("ssm", "POST", "/", {
            "Name": name, "Content": text(new), "DocumentVersion": "$LATEST",
            "DocumentFormat": new.get("DocumentFormat", "JSON")}, "AmazonSSM.UpdateDocument")
        newest = version["DocumentDescription"]["DocumentVersion"]
        client.send("ssm", "POST", "/", {"Name": name, "DocumentVersion": newest},
                    "AmazonSSM.UpdateDocumentDefaultVersion")
        return name, {}

    def delete(name, props):
        client.send("ssm", "POST", "/", {"Name": name}, "AmazonSSM.DeleteDocument")

    return {"create": create, "update": update, "delete": delete}


def recorded(required, identify):
    """A type the lab only records: its properties are checked for presence and nothing acts on it."""

    def create(logical, props, stack):
        missing = [name for name in required if name not in props]
        if missing:
            raise ValueError(f"required properties are missing: {', '.join(missing)}")
        arn = identify(props)
        return arn, {"Arn": arn, "RuleArn": arn}

    def update(arn, old, new, stack):
        return arn, {"Arn": arn, "RuleArn": arn}

    return {"create": create, "update": update, "delete": lambda arn, props: None}


def composite_alarm():
    """AWS::CloudWatch::CompositeAlarm, kept by ministack's CloudWatch, which only its API could create."""
    from ministack.services import cloudwatch

    def put(name, props):
        status, _, body = cloudwatch._put_composite_alarm({}, {**props, "AlarmName": name}, False, True)
        if status != 200:
            raise ValueError(body.decode("utf-8", "replace"))
        return name, {"Arn": _arn("cloudwatch", f"alarm:{name}")}

    return {
        "create": lambda logical, props, stack: put(props.get("AlarmName") or _name(stack, logical), props),
        "update": lambda name, old, new, stack: put(new.get("AlarmName") or name, new),
        "delete": lambda name, props: cloudwatch._composite_alarms.pop(name, None) and None,
    }


def install(endpoint, token):
    """Adds the types to ministack when its CloudFormation is first used: loading it takes half a second."""
    import ministack.app as emulator

    load, added = emulator._get_module, set()

    def get_module(name):
        module = load(name)
        if name == "cloudformation" and not added:
            added.add(name)
            _add(Client(endpoint, token))
        return module

    emulator._get_module = get_module


def _numeric_scaling(handlers):
    """A Ref to a Number parameter is text for ministack, as in every template; its poller needs a number."""

    def numeric(props):
        scaling = props.get("ScalingConfig") or {}
        if "MaximumConcurrency" not in scaling:
            return props
        return {**props, "ScalingConfig": {**scaling, "MaximumConcurrency": int(scaling["MaximumConcurrency"])}}

    create, update = handlers["create"], handlers["update"]
    return {**handlers,
            "create": lambda logical, props, stack: create(logical, numeric(props), stack),
            "update": lambda name, old, new, *rest: update(name, old, numeric(new), *rest)}


def _signed_templates():
    """Reads a template by an address that somebody has signed as that one, as S3 does.

    ministack would look among the buckets of whoever deploys.
    """
    from ministack.core import responses
    from ministack.services.cloudformation import helpers

    resolve = helpers._resolve_document

    def signed(params, body_key, url_key, label):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(helpers._p(params, url_key)).query)
        token = responses._request_account_id.set(responses._request_account_id.get())
        try:
            if "X-Amz-Credential" in query:
                responses.set_request_account_id(query["X-Amz-Credential"][0].split("/")[0])
            return resolve(params, body_key, url_key, label)
        finally:
            responses._request_account_id.reset(token)

    helpers._resolve_document = signed


def _add(client):
    from ministack.services.cloudformation import provisioners

    _signed_templates()

    mapping = "AWS::Lambda::EventSourceMapping"
    provisioners._RESOURCE_HANDLERS[mapping] = _numeric_scaling(provisioners._RESOURCE_HANDLERS[mapping])
    provisioners._RESOURCE_HANDLERS.update({
        "AWS::SecurityHub::ActionTarget": action_target(client),
        "AWS::SecurityHub::AutomationRule": recorded(
            ("RuleName", "RuleOrder", "Description", "Criteria", "Actions"),
            lambda props: _arn("securityhub", f"automation-rule/{uuid.uuid4()}")),
        "AWS::Chatbot::SlackChannelConfiguration": recorded(
            ("ConfigurationName", "IamRoleArn", "SlackChannelId", "SlackWorkspaceId"),
            lambda props: f"arn:aws:chatbot::{_arn('', '').split(':')[4]}:chat-configuration/slack-channel/"
                          f"{props['ConfigurationName']}"),
        "AWS::Chatbot::MicrosoftTeamsChannelConfiguration": recorded(
            ("ConfigurationName", "IamRoleArn", "TeamId", "TeamsChannelId", "TeamsTenantId"),
            lambda props: f"arn:aws:chatbot::{_arn('', '').split(':')[4]}:chat-configuration/"
                          f"microsoft-teams-channel/{props['ConfigurationName']}"),
        "AWS::SSM::Document": document(client),
        "AWS::CloudWatch::CompositeAlarm": composite_alarm(),
    })
