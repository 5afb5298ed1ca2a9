"""What is known about the request in hand."""

import contextvars
import json
from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass
class Call:
    """Filled in while the request runs through ministack's evaluator."""

    only: str = ""  # the signing name, when the request is to be authorised and not served
    action: str = ""
    resource: str = ""
    operation: str = ""
    principal: str = ""
    account: str = ""
    policy: str = ""  # the ARN of the managed policy that a call to IAM is about
    service: str = ""  # the principal whose service-linked role a call to IAM makes
    # Another action that the caller needs for the same request, with its resource and condition keys.
    also: dict = field(default_factory=dict)

    @classmethod
    def of(cls, headers):
        """The call that the lab's own headers describe."""
        also = headers.get(b"x-lab-also", b"").decode()
        return cls(only=headers.get(b"x-lab-authorize", b"").decode(), also=json.loads(also) if also else {})

    def headers(self):
        pairs = (("account", self.account), ("principal", self.principal), ("action", self.action),
                 ("resource", self.resource), ("operation", self.operation))
        return [(f"x-lab-{name}".encode(), quote(value, safe=":/*-_.@+=,~ ").encode()) for name, value in pairs]


# Every request sets its own; code that ministack runs outside of a request finds an empty one.
current = contextvars.ContextVar("lab_call", default=Call())
