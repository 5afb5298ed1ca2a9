"""What botocore knows about the services ministack has no entry for: models and protocol by signing name."""

import functools
import gzip
import os
import re

import botocore

# IAM namespaces that differ from the name a request is signed for. ministack's own table covers the rest.
NAMESPACES = {"email": "ses", "tagging": "tag", "es": "es", "monitoring": "cloudwatch"}

_PROTOCOLS = {"query": "query-xml", "ec2": "ec2-xml", "rest-xml": "rest-xml"}


def _head(folder):
    """The metadata at the top of a service's newest model; the whole file would take seconds for all of them."""
    newest = sorted(os.listdir(folder))[-1]
    path = os.path.join(folder, newest, "service-2.json.gz")
    if not os.path.exists(path):
        return ""
    with gzip.open(path, "rt") as model:
        return model.read(4096).partition('"operations"')[0]


def _field(head, name):
    found = re.search(rf'"{name}"\s*:\s*"([^"]+)"', head)
    return found.group(1) if found else ""


@functools.cache
def _services():
    """signing name → (names of its models, protocol)."""
    data = os.path.join(os.path.dirname(botocore.__file__), "data")
    services = {}
    for name in sorted(os.listdir(data)):
        folder = os.path.join(data, name)
        if not os.path.isdir(folder):
            continue
        head = _head(folder)
        signed = _field(head, "signingName") or _field(head, "endpointPrefix")
        if signed:
            models, _ = services.setdefault(signed, ([], _field(head, "protocol")))
            models.append(name)
    return services


def models(name):
    """The botocore models whose requests are signed for this name."""
    return _services().get(name, ([name], ""))[0]


def namespace(name):
    """The IAM namespace of a signing name."""
    return NAMESPACES.get(name, name)


def protocol(name):
    """ministack's word for the error format of a signing name; None for the JSON protocols."""
    return _PROTOCOLS.get(_services().get(name, ([], ""))[1])
