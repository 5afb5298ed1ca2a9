"""What the emulators work out anew for every account and every request, worked out once: it is the same each time.

What they answer stays the same. It is most of moto's time otherwise after a reset, and an eighth of ministack's always.
"""

import functools
import json


def install_moto():
    """Has moto keep what it has worked out."""
    _keep_policies()
    _keep_services()


def install_ministack():
    """Has ministack keep what is in policies: it reads those of the caller's role at every request."""
    from ministack.core import iam_evaluator

    read = iam_evaluator.parse_policy_document
    known = functools.lru_cache(maxsize=1024)(read)
    iam_evaluator.parse_policy_document = lambda doc: (known if isinstance(doc, str) else read)(doc)


def _keep_policies():
    """AWS's own policies, over a thousand: each account gets them at its first call and after a reset. As copies, since
    an account counts what is attached to whom; their versions nobody can change."""
    from moto.iam import models

    @functools.cache
    def read(region):
        listed = json.loads(models.aws_managed_policies_data)
        return [models.AWSManagedPolicy.from_data(name, "aws", region, data) for name, data in listed.items()]

    def of(policy, account):
        mine = object.__new__(models.AWSManagedPolicy)
        mine.__dict__ = policy.__dict__ | {"account_id": account, "tags": {}}
        return mine

    def policies(backend):
        if not models.load_iam_aws_managed_policies():
            return []
        return [of(policy, backend.account_id) for policy in read(backend.region_name)]

    models.IAMBackend._init_aws_policies = policies


def _keep_services():
    """The names of services, which moto takes from its folder at every request."""
    from moto import backends

    services = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: services
