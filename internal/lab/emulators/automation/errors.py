"""What a caller or a step is told when something does not work."""


class Refused(Exception):
    """An answer to the caller: an exception of the API, by its code."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.status = code, status


class StepFailed(Exception):
    """Ends the attempt of a step. Kind is what FailureDetails.FailureType says."""

    def __init__(self, message, kind="Action"):
        super().__init__(message)
        self.kind = kind


class StepTimedOut(StepFailed):
    """The step took longer than it may."""


class Stopped(Exception):
    """Somebody stopped the execution while a step waited."""


class Rejected(Exception):
    """An approver said no."""
