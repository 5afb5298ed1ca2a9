"""The places where ministack is made to do what the lab needs.

Everything patched here is private to ministack 1.5.33: the version is pinned and the lab's smoke test covers it.
"""

import contextvars
import json
import re
import uuid
from xml.sax.saxutils import escape

import signing
from call import current

S3_CONTROL = "/v20180820/"
# Account-wide calls of S3 Control: ministack serves buckets and access points only.
ACCOUNT_ACTIONS = {
    "GET": "s3:GetAccountPublicAccessBlock",
    "PUT": "s3:PutAccountPublicAccessBlock",
    "DELETE": "s3:PutAccountPublicAccessBlock",
}
# Batches of SQS need the right of the single call. Source: Service Authorization Reference, Amazon SQS.
BATCHES = {f"sqs:{call}Batch": f"sqs:{call}" for call in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")}


class Authorised(BaseException):
    """Leaves ministack's dispatcher where it would call the service; nothing there catches it."""


class _Handlers(dict):
    """ministack's table of services, with every service replaced while a request is only authorised."""

    def get(self, service, default=None):
        return _stop if current.get().only else super().get(service, default)


async def _stop(method, path, headers, body, query):
    from ministack.core.iam_actions import access_denied_response

    call = current.get()
    # Without an action no policy was asked. Root may do anything; nobody else may do what has no name.
    if not call.action and not call.principal.endswith(":root"):
        return access_denied_response(_known(call.only), f"{call.only}:unknown", call.principal, str(uuid.uuid4()),
                                      headers=headers, message="The lab cannot tell which IAM action this is.")
    raise Authorised


# Signing names whose prefix ministack knows, and whose paths it cannot tell apart.
WITHOUT_MODEL = ("account",)


def _known(name):
    """Makes a signing name known to ministack and returns the name it goes by there."""
    from ministack.core import iam_actions as actions

    if name == "es":
        return "opensearch"
    if name not in actions.SERVICE_TO_IAM_NAMESPACE or name in WITHOUT_MODEL:
        actions.SERVICE_TO_IAM_NAMESPACE[name] = signing.namespace(name)
        actions._BOTOCORE_SERVICE_MAP.setdefault(name, signing.models(name))
        if protocol := signing.protocol(name):
            actions._SERVICE_PROTOCOL.setdefault(name, protocol)
    return name


def _operation(actions, service, method, path, headers, body, params):
    """The API operation, for the journal and for faults; S3's differ from its IAM actions."""
    named = (actions._action_from_query(params, body, headers.get("content-type", ""))
             or actions._action_from_target(headers))
    if named:
        return named
    name = "s3control" if service == "s3" and path.startswith(S3_CONTROL) else service
    key = f"lab {name}"
    if key not in actions._BOTOCORE_SERVICE_MAP:
        actions._BOTOCORE_SERVICE_MAP[key] = [name] if name == "s3control" else (
            [m for m in signing.models(name) if m != "s3control"])
    return actions._match_rest_action(key, method, path, params) or ""


def _automation(actions, headers, body, *_):
    """The resource of a call about documents or automations, which ministack takes for one about parameters.

    Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Systems Manager".
    """
    from ministack.core.responses import get_account_id, get_region

    operation = actions._action_from_target(headers) or ""
    if "Document" not in operation and "Automation" not in operation:
        return None
    given = json.loads(body or b"{}")
    place = f"arn:aws:ssm:{get_region()}:{get_account_id()}"
    name = given.get("DocumentName") or given.get("Name")
    if name and name.startswith("arn:"):
        return name
    if name and name.startswith(("AWS-", "AWSSupport-")):
        return f"arn:aws:ssm:{get_region()}::document/{name}"  # Amazon's own have no account
    if name:
        return f"{place}:document/{name}"
    if execution := given.get("AutomationExecutionId"):
        return f"{place}:automation-execution/{execution}"
    return "*"


# Parameters by which EC2's calls name what they change, and ministack does not know them.
EC2_RESOURCES = {
    "ClientVpnEndpointId": "client-vpn-endpoint", "LaunchTemplateId": "launch-template", "NetworkAclId": "network-acl",
    "TransitGatewayId": "transit-gateway", "VpnConnectionId": "vpn-connection",
}


def _of_ec2(actions, found, _headers, _body, params, region, account):
    for field, kind in EC2_RESOURCES.items():
        if found == "*" and (named := actions._query_param(params or {}, field)):
            return f"arn:aws:ec2:{region}:{account}:{kind}/{named}"
    if actions._query_param(params or {}, "Action") == "CreateFlowLogs":
        named = actions._query_param(params, "ResourceId.1")
        return f"arn:aws:ec2:{region}:{account}:{named.split('-')[0]}/{named}"
    return found.replace(f":{account}:snapshot/", "::snapshot/")  # AWS names snapshots without an account


def _of_iam(actions, found, _headers, _body, params, _region, account):
    """A call that names a group is about that, by its path, whatever else it names."""
    from ministack.services import iam

    name = actions._query_param(params or {}, "GroupName")
    if not name:
        return found
    path = actions._query_param(params, "Path") or iam._groups.get(name, {}).get("Path", "/")
    return f"arn:aws:iam::{account}:group{path}{name}"


def _project(found, _headers, body, _params, region, account):
    """A call that looks at one project of CodeBuild by a list is about that."""
    names = json.loads(body or b"{}").get("names") or []
    return f"arn:aws:codebuild:{region}:{account}:project/{names[0]}" if len(names) == 1 else found


def _of_wafv2(found, _headers, body, *_):
    """A web ACL by its id too, and that of a call about its logs."""
    given = json.loads(body or b"{}")
    if found.endswith("/*") and given.get("Id"):
        return found[:-1] + given["Id"]
    return given.get("ResourceArn") or given.get("LoggingConfiguration", {}).get("ResourceArn") or found


# Kinds of what AWS Organizations names, by how their ids begin.
OF_ORGANIZATIONS = (("r-", "root"), ("ou-", "ou"), ("", "account"))


def _of_organizations(found, _headers, body, *_):
    """A call about a root, a unit or an account is about that: ministack takes all for one about the organization.

    Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Organizations".
    """
    given = json.loads(body or b"{}")
    named = given.get("ParentId") or given.get("ChildId") or given.get("ResourceId")
    if not named:
        return found
    kind = next(kind for begins, kind in OF_ORGANIZATIONS if named.startswith(begins))
    return found.replace(":organization/*", f":{kind}/o-lab/{named}")


def _by_name(actions, service, _headers, _body, params, region, account):
    """The resource of a call that says its name alone, and ministack does not know the parameter."""
    for of, field, kind in (("autoscaling", "LaunchConfigurationName", "launchConfiguration:*:launchConfigurationName"),
                            ("elasticloadbalancing", "LoadBalancerName", "loadbalancer")):
        named = service == of and actions._query_param(params or {}, field)
        if named and not actions._query_param(params or {}, "AutoScalingGroupName"):
            return f"arn:aws:{of}:{region}:{account}:{kind}/{named}"
    application = service == "elasticbeanstalk" and actions._query_param(params or {}, "ApplicationName")
    if application and (named := actions._query_param(params, "EnvironmentName")):
        return f"arn:aws:elasticbeanstalk:{region}:{account}:environment/{application}/{named}"
    return None


def _service(headers, body, *_):
    """The resource of a call about one service of ECS, which ministack takes for one about its cluster."""
    from ministack.core.responses import get_account_id, get_region

    given = json.loads(body or b"{}")
    name = given.get("service") or (given.get("services") or [None])[0]
    if not name or not given.get("cluster") or name.startswith("arn:") or given["cluster"].startswith("arn:"):
        return None
    return f"arn:aws:ecs:{get_region()}:{get_account_id()}:service/{given['cluster']}/{name}"


def _patch_actions():
    from ministack.core import iam_actions as actions

    action_of, resource_of = actions.extract_iam_action, actions.extract_resource_arn

    def extract_iam_action(service, method, path, headers, body, params):
        action = None
        if service == "s3" and path.startswith(S3_CONTROL + "configuration/publicAccessBlock"):
            action = ACCOUNT_ACTIONS.get(method)
        if service == "lambda" and method == "GET" and path.endswith("/concurrency"):
            action = "lambda:GetFunctionConcurrency"  # ministack takes it for the write on the same path
        call = current.get()
        if call.also:
            call.action = call.also["action"]
            return call.action
        call.action = action or action_of(service, method, path, headers, body, params) or ""
        call.action = BATCHES.get(call.action, call.action)
        if service == "iam":
            call.policy = actions._query_param(params or {}, "PolicyArn")
            call.service = actions._query_param(params or {}, "AWSServiceName")
        call.operation = _operation(actions, service, method, path, headers, body, params)
        if not call.action and service == "s3" and path.startswith(S3_CONTROL) and call.operation:
            call.action = f"s3:{call.operation}"
        return call.action or None

    def extract_resource_arn(service, method, path, *rest):
        if current.get().also:
            resource = current.get().also["resource"]
        elif service == "ssm" and (ours := _automation(actions, *rest)):
            resource = ours
        elif service == "ecs" and (ours := _service(*rest)):
            resource = ours
        elif service == "s3" and path.startswith(S3_CONTROL):
            resource = path[len(S3_CONTROL + "tags/"):] if path.startswith(S3_CONTROL + "tags/arn:") else "*"
        else:
            resource = resource_of(service, method, path, *rest)
            if resource == "*" and (named := _by_name(actions, service, *rest)):
                resource = named
            if service == "ec2":
                resource = _of_ec2(actions, resource, *rest)
            if service == "codebuild":
                resource = _project(resource, *rest)
            if service == "organizations":
                resource = _of_organizations(resource, *rest)
            if service == "iam":
                resource = _of_iam(actions, resource, *rest)
            if service == "wafv2":
                resource = _of_wafv2(resource, *rest)
            if service == "events":  # AWS names a rule of the default bus without the bus
                resource = resource.replace(":rule/default/", ":rule/")
        current.get().resource = resource
        return resource

    actions.extract_iam_action = extract_iam_action
    actions.extract_resource_arn = extract_resource_arn


def _named(resources):
    """Resources of Auto Scaling without the ids that AWS puts in front of names: no call says them."""
    return resources and [re.sub(r"(:autoScalingGroup|:launchConfiguration):[0-9a-f-]{36}:", r"\1:*:", r) for r in resources]


def _patch_evaluator():
    from ministack.core import iam_evaluator as evaluator

    policy_of = evaluator._resource_policy

    def first_match(ctx, statements, effect):
        # ministack cannot derive every resource. An allow for some resource then counts for this one;
        # a denial of some resource does not.
        unknown = ctx.resource_arn == "*" and effect == "Allow"
        for one in statements:
            if (one.effect == effect and evaluator._action_matches(ctx.action, one.actions, one.not_actions)
                    and (unknown or evaluator._resource_matches(ctx.resource_arn, _named(one.resources), one.not_resources))
                    and evaluator._conditions_met(one.conditions, ctx)):
                return one
        return None

    def resource_policy(service, resource):
        # The resource lives in another emulator: ministack's own stores know nothing about it.
        return None if current.get().only else policy_of(service, resource)

    def condition_key(key, ctx):
        # What ministack does not know of a call, and the lab does.
        known = current.get().also.get("context", {})
        if key.lower() == "iam:policyarn":
            return current.get().policy or None
        if key.lower() == "iam:awsservicename":
            return current.get().service or None
        if key.lower() == "aws:resourceorgid":
            return evaluator._principal_org_id(resolve("aws:ResourceAccount", ctx))
        if key.lower() in known:
            return known[key.lower()]
        # Of a session AWS compares the role, with its path; ministack would compare the session.
        found = resolve(key, ctx)
        if key.lower() != "aws:principalarn" or ":assumed-role/" not in str(found):
            return found
        from ministack.services import iam

        account, name = found.split(":")[4], found.split("/")[1]
        return (iam._roles.get_scoped(account, None, name) or {}).get("Arn", f"arn:aws:iam::{account}:role/{name}")

    resolve = evaluator._resolve_condition_key
    evaluator._resolve_condition_key = condition_key
    evaluator._first_match = first_match
    evaluator._resource_policy = resource_policy


def _patch_dispatch(emulator):
    detect = emulator.detect_service
    emulator.detect_service = lambda *request: _known(current.get().only) if current.get().only else detect(*request)
    emulator.SERVICE_HANDLERS = _Handlers(emulator.SERVICE_HANDLERS)
    load = emulator._get_module

    def get_module(name):
        module = load(name)
        if name == "s3" and not hasattr(module, "lab_patched"):
            module.lab_patched = True
            validate = module.validate_object_request
            module.validate_object_request = lambda *request: None if current.get().only else validate(*request)
        return module

    emulator._get_module = get_module


def _patch_events():
    """Lets an account's root publish aws.* events, as AWS's own services would; roles are refused, as on AWS."""
    from ministack.core.iam_evaluator import caller_arn
    from ministack.services import eventbridge

    put = eventbridge._put_events
    eventbridge._put_events = lambda data, allow_aws_source=False: put(
        data, allow_aws_source or caller_arn().endswith(":root"))


def _patch_passwords():
    """A change replaces the whole password policy, as on AWS; ministack would keep what the call leaves out."""
    from ministack.services import iam

    change = iam._IAM_HANDLERS["UpdateAccountPasswordPolicy"]

    def replace(params):
        iam._account_password_policy.pop("policy", None)
        answer = change(params)
        iam._account_password_policy["policy"].setdefault("MinimumPasswordLength", 6)
        return answer

    iam._IAM_HANDLERS["UpdateAccountPasswordPolicy"] = replace


def _patch_managed_policies():
    """The managed policy with which a principal is contained; ministack has only some of AWS's."""
    from ministack.services import iam

    seed = iam._seed_aws_managed_policies

    def seeded():
        seed()
        deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}]}
        iam._aws_managed_policies["arn:aws:iam::aws:policy/AWSDenyAll"] = iam._make_aws_managed_record(
            "AWSDenyAll", json.dumps(deny), "Deny all access.")

    iam._seed_aws_managed_policies = seeded  # which a reset of the emulator calls too
    seeded()


def _patch_alarms():
    """Describes alarms whole to clients of the query protocol, whom ministack tells a few fields only."""
    from ministack.services import cloudwatch

    describe = cloudwatch._describe_alarms

    def rest(match):
        alarm = cloudwatch._alarms.get(match.group(1).decode(), {})
        fields = [(name, alarm.get(name)) for name in (
            "AlarmDescription", "Statistic", "ExtendedStatistic", "Period", "TreatMissingData", "Unit")]
        fields.append(("ActionsEnabled", str(alarm.get("ActionsEnabled", True)).lower()))
        text = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields if value)
        for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            members = "".join(f"<member>{escape(action)}</member>" for action in alarm.get(name, []))
            text += f"<{name}>{members}</{name}>"
        members = "".join(
            f"<member><Name>{escape(d['Name'])}</Name><Value>{escape(d['Value'])}</Value></member>"
            for d in alarm.get("Dimensions", []))
        return match.group(0) + f"{text}<Dimensions>{members}</Dimensions>".encode()

    def whole(params, cbor_data, is_cbor, is_json=False):
        status, headers, body = describe(params, cbor_data, is_cbor, is_json)
        if not is_cbor and not is_json:
            body = re.sub(rb"<member><AlarmName>([^<]*)</AlarmName>", rest, body)
        return status, headers, body

    cloudwatch._describe_alarms = whole


def _patch_subscriptions():
    """Lists a subscription that nobody has confirmed yet without an ARN, as SNS does."""
    from ministack.services import sns

    listed = sns._list_subscriptions_by_topic

    def pending(params):
        status, headers, body = listed(params)
        topic = sns._topic_by_arn_any_scope(sns._p(params, "TopicArn")) or {}
        for each in topic.get("subscriptions", []):
            if not each["confirmed"]:
                body = body.replace(each["arn"].encode(), b"PendingConfirmation")
        return status, headers, body

    sns._list_subscriptions_by_topic = pending


def _patch_stages():
    """Deletes the access log of a stage of API Gateway, where ministack would delete the stage."""
    from ministack.services import apigateway

    handle, log = apigateway.handle_request, "/accesslogsettings"

    async def whole(method, path, headers, body, query):
        if method == "DELETE" and path.endswith(log):
            method, path, body = "PATCH", path.removesuffix(log), b'{"accessLogSettings": {}}'
        return await handle(method, path, headers, body, query)

    apigateway.handle_request = whole


def _patch_senders():
    """Says of a message who sent it, to who receives it and to functions alike: ministack names the account.

    Source: SQS API Reference, ReceiveMessage, SenderId: the id of a user, or the role id and session of a role.
    """
    from ministack.services import lambda_svc, sqs, sts

    sender = contextvars.ContextVar("lab_sender", default="")
    handle, build, of_batch = sqs.handle_request, sqs._build_send_sys_attrs, lambda_svc._apply_filter_criteria

    async def handled(method, path, headers, body, query):
        caller = sts._caller_identity(headers, query)
        sender.set(caller.get("userId", "") if isinstance(caller, dict) else "")
        return await handle(method, path, headers, body, query)

    def built(now, given):
        attributes = build(now, given)
        if sender.get():
            attributes["SenderId"] = sender.get()
        return attributes

    def told(records, esm):
        sent = {m["id"]: m.get("sys", {}) for m in (sqs._queue_by_arn(esm.get("EventSourceArn", "")) or {}).get(
            "messages", [])} if ":sqs:" in esm.get("EventSourceArn", "") else {}
        for record in records:
            if "SenderId" in sent.get(record.get("messageId"), {}):
                record["attributes"]["SenderId"] = sent[record["messageId"]]["SenderId"]
        return of_batch(records, esm)

    sqs.handle_request, sqs._build_send_sys_attrs, lambda_svc._apply_filter_criteria = handled, built, told


def install(emulator):
    """Patches ministack."""
    _patch_actions()
    _patch_evaluator()
    _patch_dispatch(emulator)
    _patch_events()
    _patch_passwords()
    _patch_managed_policies()
    _patch_alarms()
    _patch_subscriptions()
    _patch_stages()
    _patch_senders()
