"""Adapters that do what they are told, several of them side by side."""

from policy_engine.execution.adapters import Adapters
from policy_engine.execution.job import Receipt
from tests.execution.support import TEAM


class Scripted:
    """An adapter that does what it is told, and keeps the jobs that it was given."""

    real = False

    def __init__(self, name, channels, *outcomes, idempotent=False):
        self.name = name
        self.channels = frozenset(channels)
        self.outcomes = list(outcomes)
        self.idempotent = idempotent
        self.jobs = []

    @property
    def seen(self):
        return [(job.customer, job.channel, job.also) for job in self.jobs]

    def deliver(self, job):
        self.jobs.append(job)
        outcome = self.outcomes.pop(0) if self.outcomes else Receipt({"reference": f"{self.name}-{len(self.jobs)}"})
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def settle(self):
        pass

    def close(self):
        pass


class Bouncing(Scripted):
    """One that hears of what comes back."""

    def __init__(self, name, channels, *outcomes, idempotent=False):
        super().__init__(name, channels, *outcomes, idempotent=idempotent)
        self.news = []

    def returns(self):
        if isinstance(self.news, Exception):
            raise self.news
        return list(self.news)

    def noted(self, news):
        self.news = [one for one in self.news if one not in news]


def serving(house, *scripted, operator=TEAM):
    """Adapters of a run: each serves its channels, the folder the others."""
    adapters = Adapters(operator, house.out)
    for one in scripted:
        adapters._by_name[one.name] = one
        for channel in one.channels:
            adapters._by_channel[channel] = one
    return adapters
