"""Asks ministack's own evaluator about requests that another emulator will serve.

The lab sends such a request unchanged, plus a header naming the service it is signed for. It runs through
ministack's authentication and policy evaluation and stops where the service's handler would start: 204 with
what was decided, or the refusal in the service's own wire format. Requests for ministack's own services run
on as always; their answers carry the same headers, so that the lab's journal knows who did what.
"""

import uuid
from urllib.parse import parse_qs, quote

import patches
import session
from call import Call, current


def _headers(scope):
    headers = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("utf-8", "replace")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _identify(emulator, call, headers, params):
    from ministack.core.iam_evaluator import request_caller_arn
    from ministack.core.responses import get_account_id

    call.account = get_account_id()
    call.principal = request_caller_arn(headers, params)


async def _authorise(emulator, scope, receive, call):
    """The first half of ministack's own entry point, for a request it does not serve."""
    from ministack.core.iam_evaluator import pin_request_origin, pin_signed_request

    headers = _headers(scope)
    params = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
    key = emulator.extract_access_key_id(headers, params)
    if key:
        emulator.set_request_account_id(emulator._request_account_scope(key))
    emulator.set_request_region(emulator.extract_region(headers, params))
    pin_request_origin("127.0.0.1", False)
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    pin_signed_request(scope["method"], raw.decode("latin-1"), params, scope["headers"])
    body = await emulator._read_request_body(receive, scope["method"], headers)
    _identify(emulator, call, headers, params)
    try:
        return await emulator._dispatch_service_request(
            scope["method"], scope["path"], headers, body, params, str(uuid.uuid4()))
    except patches.Authorised:
        return 204, {}, b""


def _organization(scope):
    """Sets the organisation and its accounts: POST /_lab/organization?id=…&account=…&account=…"""
    from ministack.core import iam_evaluator as evaluator

    given = parse_qs(scope["query_string"].decode())
    evaluator._principal_org_id = lambda account: given["id"][0] if account in given["account"] else None
    return 204, {}, b""


def install(emulator):
    """Patches ministack and returns the application to serve."""
    patches.install(emulator)

    async def application(scope, receive, send):
        if scope["type"] != "http":
            await emulator.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        call = Call.of(headers)
        current.set(call)

        async def named(message):
            if message["type"] == "http.response.start":
                if not call.principal:
                    _identify(emulator, call, _headers(scope), parse_qs(scope["query_string"].decode()))
                message = {**message, "headers": [*message.get("headers", []), *call.headers()]}
            await send(message)

        if scope["path"] == "/_lab/organization":
            await emulator._send_response(send, *_organization(scope))
        elif scope["path"] == "/_lab/session":
            await emulator._send_response(send, *session.answer(scope))
        elif call.only:
            status, answer, body = await _authorise(emulator, scope, receive, call)
            await emulator._send_response(named, status, answer, body)
        else:
            await emulator.app(scope, receive, named)

    return application
