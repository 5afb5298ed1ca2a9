"""Time as executions see it: it runs with the machine's, and the lab can put it forward."""

import threading
import time


class Clock:
    """Waits end when the time has come, however it came: by itself or by advance."""

    def __init__(self):
        self._changed = threading.Condition()
        self._ahead = 0.0

    def now(self):
        """Seconds since the epoch."""
        return time.time() + self._ahead

    def advance(self, seconds):
        """Puts the time forward and wakes everybody who waits."""
        with self._changed:
            self._ahead += seconds
            self._changed.notify_all()

    def wake(self):
        """Lets everybody who waits look again."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, deadline, over=lambda: False):
        """Returns at the deadline, or before it when over() becomes true. Whoever makes it true calls wake."""
        with self._changed:
            while not over() and self.now() < deadline:
                self._changed.wait(max(0.0, deadline - self.now()))
