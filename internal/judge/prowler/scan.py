"""Scans accounts of a lab with Prowler, for the judge: a request a line on standard input, its answer a line on
standard output. Prowler keeps what it has read of AWS in its modules, so that each scan is a process of its own, forked
from one that has loaded Prowler already: to load it takes longer than most scans.
"""

import importlib
import importlib.metadata
import json
import logging
import os
import pkgutil
import signal
import socket
import sys
import traceback
from pathlib import Path

import botocore.loaders

import prowler.providers.aws.services as services
from prowler.providers.aws.aws_provider import AwsProvider
from prowler.providers.common.models import Audit_Metadata
from prowler.providers.common.provider import Provider

LIMIT = 600  # seconds that a scan may take

# What AWS's controls ask for by themselves, where Prowler's checks have a number or a list that they are told and go by
# more unless they are: backups of ElastiCache.1 for one day, the audit log alone of EKS.8.
ASKED = {"minimum_snapshot_retention_period": 1, "eks_required_log_types": ["audit"]}


def checks_of(wanted: list[str]) -> list[str]:
    """The checks of the services, by name. What Prowler has no service for has none."""
    found = []
    for service in sorted(set(wanted)):
        folder = Path(services.__path__[0]) / service
        for module in pkgutil.iter_modules([str(folder)]):
            if module.ispkg and (folder / module.name / f"{module.name}.metadata.json").is_file():
                found.append(module.name)
    return found


class Kept(logging.Handler):
    """Keeps what Prowler logs: where AWS does not answer it says so there, and finds nothing."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        line = record.getMessage()
        if line not in self.lines:
            self.lines.append(line)


def provider_of(request: dict, known: dict) -> AwsProvider:
    """Prowler's view of an account, which it takes once and not in each scan; it makes it the one that checks use."""
    key = tuple(request[name] for name in ("endpoint", "key", "region"))
    os.environ["AWS_ENDPOINT_URL"] = request["endpoint"]
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = request["region"]
    if key not in known:
        known[key] = AwsProvider(
            aws_access_key_id=request["key"],
            aws_secret_access_key=request["secret"],
            regions={request["region"]},
            retries_max_attempts=1,
            scan_unused_services=True,
        )
        known[key].audit_config.update(ASKED)
    Provider.set_global_provider(known[key])
    return known[key]


def scan(request: dict, provider: AwsProvider) -> dict:
    """One scan, in a process of its own: of all checks of the services, or only of some. What looks for secrets in texts
    needs programs that are not installed."""
    kept = Kept()
    logging.basicConfig(level=logging.ERROR, handlers=[kept], force=True)
    only = request["only"] or []
    checks = [c for c in checks_of(request["services"]) if (c in only if only else "_no_secrets" not in c)]
    provider.audit_metadata = Audit_Metadata(
        services_scanned=0, expected_checks=checks, completed_checks=0, audit_progress=0
    )
    findings = []
    for name in checks:
        service = next(s for s in request["services"] if (Path(services.__path__[0]) / s / name).is_dir())
        try:
            module = importlib.import_module(f"prowler.providers.aws.services.{service}.{name}.{name}")
            for f in getattr(module, name)().execute():
                findings.append({
                    "check": name, "status": f.status, "resource": f.resource_arn, "name": f.resource_id,
                    "region": f.region, "detail": f.status_extended,
                })
        except Exception as err:  # as Prowler does: a check that ends so has no finding
            kept.lines.append(f"{name} -- {err.__class__.__name__}: {err}")
    return {"checks": checks, "findings": findings, "errors": kept.lines}


def forked(request: dict, known: dict) -> dict:
    """Runs scan in a child, and answers for it where it does not."""
    try:
        provider = provider_of(request, known)
    except BaseException:
        return {"failed": traceback.format_exc()}
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        signal.alarm(LIMIT)
        try:
            answer = scan(request, provider)
        except BaseException:
            answer = {"failed": traceback.format_exc()}
        with os.fdopen(writes, "w") as out:
            json.dump(answer, out, default=str)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as answers:
        text = answers.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text else {"failed": f"the scan ended with {status}"}


def plain_hosts():
    """S3 Control puts the account in front of the host, and the lab's has no such names."""
    resolve = socket.getaddrinfo

    def resolved(host, *rest, **more):
        account, _, address = str(host).partition(".")
        return resolve(address if len(account) == 12 and account.isdigit() else host, *rest, **more)

    socket.getaddrinfo = resolved


def one_loader():
    """Models of AWS's services are read once, before the first fork that needs them, and not in each scan."""
    loader = botocore.loaders.create_loader()
    botocore.loaders.create_loader = lambda *_: loader
    return loader


def warm(loader, names: list[str]):
    """Loads what scans of services need of AWS's models and of Prowler's code, but for what reads AWS as it is loaded."""
    for name in names:
        for kind in ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1"):
            try:
                loader.load_service_model(name, kind)
            except Exception:
                pass  # Prowler's name of a service is not always that of its client
        try:
            importlib.import_module(f"prowler.providers.aws.services.{name}.{name}_service")
        except ImportError:
            pass  # Prowler has no such service


def main():
    plain_hosts()
    loader = one_loader()
    known = {}
    logging.basicConfig(level=logging.CRITICAL)  # scans keep what they log
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Prowler prints is for people

    def tell(answer):
        json.dump(answer, answers)
        answers.write("\n")
        answers.flush()

    tell({"version": importlib.metadata.version("prowler")})
    for line in sys.stdin:
        request = json.loads(line)
        warm(loader, request["services"])
        tell(forked(request, known))


if __name__ == "__main__":
    main()
