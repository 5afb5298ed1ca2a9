"""Sessions of a role for a service of AWS, which no caller can ask ministack for: POST /_lab/session.

Given are role, service (ssm.amazonaws.com), name, source_account and source_arn. The role's trust policy decides,
with the condition keys that AWS's services send along: aws:SourceAccount and aws:SourceArn.
"""

import json
import time
from urllib.parse import parse_qs


def _trusted(given):
    """Whether the role is there and lets the service in."""
    from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy
    from ministack.services import iam

    account, name = given["role"].split(":")[4], given["role"].rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)
    if role is None or role["Arn"] != given["role"]:
        return False
    trust = role.get("AssumeRolePolicyDocument", "{}")
    trust = json.loads(trust) if isinstance(trust, str) else trust
    context = EvalContext(
        principal_arn=given["service"], principal_type="Service", principal_account="", action="sts:AssumeRole",
        resource_arn=given["role"], region="", service_context={
            "aws:sourceaccount": given["source_account"], "aws:sourcearn": given["source_arn"],
        })
    return evaluate_trust_policy({**trust, "Statement": _as_named(trust.get("Statement", []))}, given["service"], context)


def _as_named(statements):
    """Statements whose service principals are compared by name, as ministack compares those of callers."""
    named = []
    for one in statements if isinstance(statements, list) else [statements]:
        principal = one.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        for service in [services] if isinstance(services, str) else services:
            named.append({**one, "Principal": service})
    return named


def answer(scope):
    """The session's credentials, or 403."""
    from ministack.services import sts

    given = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    if given.get("role", "").count(":") < 5 or not _trusted(given):
        return 403, {"Content-Type": "application/json"}, b"{}"
    key, secret, token = sts._gen_session_access_key(), sts._gen_secret(), sts._gen_session_token()
    account, name = given["role"].split(":")[4], given["role"].rpartition("/")[2]
    sts.register_session(key, {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{given['name']}",
        "UserId": f"{sts._role_id(given['role'])}:{given['name']}", "SecretAccessKey": secret, "SessionToken": token,
        "Expiration": time.time() + 12 * 3600, "AccountId": account, "PrincipalType": "AssumedRole",
        "SourceAccessKeyId": "", "SourcePrincipalArn": given["service"], "SessionTags": [], "SessionPolicies": None,
    })
    body = json.dumps({"AccessKeyId": key, "SecretAccessKey": secret, "SessionToken": token}).encode()
    return 200, {"Content-Type": "application/json"}, body
