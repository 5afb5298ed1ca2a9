"""What is known about the request in hand."""

import contextvars
from dataclasses import dataclass
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

    def headers(self):
        pairs = (("account", self.account), ("principal", self.principal), ("action", self.action),
                 ("resource", self.resource), ("operation", self.operation))
        return [(f"x-lab-{name}".encode(), quote(value, safe=":/*-_.@+=,~ ").encode()) for name, value in pairs]


# Every request sets its own; code that ministack runs outside of a request finds an empty one.
current = contextvars.ContextVar("lab_call", default=Call())
