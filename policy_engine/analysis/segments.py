"""Segments that nobody can be in, and segments without a limit among others that have one."""

from collections.abc import Iterator, Mapping
from itertools import islice

from policy_engine.analysis.cells import Stored
from policy_engine.analysis.conditions import Conditions, TooManyError, both, none_of
from policy_engine.analysis.customers import customer_with
from policy_engine.analysis.engine import Subject
from policy_engine.analysis.model import Found, Witness
from policy_engine.analysis.words import late, told
from policy_engine.policy.resolved import Segment
from policy_engine.policy.tree import Logic, Node, Not
from policy_engine.values.diagnostics import Diagnostic

_TRIES = 60
"""Customers that are tried on the engine before nothing is said."""
Facts = Mapping[str, Stored]


def unreachable_segments(subject: Subject) -> Iterator[Found]:
    """`DUN420`: no customer can land in the segment. The last one, which the language asks for, isn't judged."""
    segments = subject.policy.segments
    for index, segment in enumerate(segments[:-1]):
        if segment.when is None or reaching(subject, index) is not None:
            continue
        found = _shadowed(subject, index) or _impossible(subject, index)
        if found is not None:
            yield found


def reaching(subject: Subject, index: int) -> Facts | None:
    """Facts of a customer who lands in the segment; None when there is none, or too much would have to be tried.

    Raises nothing; `_sure` tells the two cases apart.
    """
    if index not in subject.reaching:
        subject.reaching[index] = _reaching(subject, index)
    return subject.reaching[index][0]


def _sure(subject: Subject, index: int) -> bool:
    """Whether it is certain that nobody lands in the segment."""
    return subject.reaching[index] == (None, True)


def _reaching(subject: Subject, index: int) -> tuple[Facts | None, bool]:
    space, conditions = subject.space, subject.segment_conditions
    own, earlier = conditions[index], conditions[:index]
    quick = _alone(subject, index, earlier)
    if quick is not None:
        return quick, True
    try:
        same = [tree for tree in earlier if space.names(tree) <= space.names(own)]
        for facts in islice(space.search(both(own, none_of(*same))), _TRIES):
            usual = _usually(subject, facts, earlier)
            if usual is not None:
                return usual, True
    except TooManyError:
        return None, False
    try:
        return next(space.search(both(own, none_of(*earlier))), None), True
    except TooManyError:
        pass
    for tree in earlier:  # one of them alone may take every customer of this segment
        try:
            if next(space.search(both(own, none_of(tree))), None) is None:
                return None, True
        except TooManyError:
            continue
    return None, False


def _alone(subject: Subject, index: int, earlier: tuple[Node, ...]) -> Facts | None:
    """A customer who fits the segment, found with the constants of its own condition only: the quick answer."""
    when = subject.policy.segments[index].when
    if when is None:
        return None
    own = Conditions(subject.policy)
    tree = own.plain(when.tree)
    if any("#" in name for name in own.names(tree)):
        return None  # coins of one space mean nothing in another
    try:
        for facts in islice(own.search(tree), _TRIES):
            usual = _usually(subject, facts, earlier)
            if usual is not None:
                return usual
    except TooManyError:
        return None
    return None


def _usually(subject: Subject, facts: Facts, earlier: tuple[Node, ...]) -> Facts | None:
    """The facts with the others as they usually are, when none of the earlier conditions holds then."""
    space = subject.space
    names = frozenset[str]().union(*(space.names(tree) for tree in earlier))
    whole = {**subject.usual(space, names, facts), **facts}
    return whole if all(not test(whole) for test in subject.segment_tests[: len(earlier)]) else None


def _shadowed(subject: Subject, index: int) -> Found | None:
    """A customer whom the segment's own condition fits, and who lands in an earlier one."""
    if not _sure(subject, index):
        return None
    space, policy = subject.space, subject.policy
    segment = policy.segments[index]
    own = subject.segment_conditions[index]
    takers: dict[int, tuple[Facts, Witness]] = {}
    try:
        for facts in islice(space.search(own), _TRIES):
            witness = _lands_earlier(subject, index, facts)
            if witness is not None:
                takers.setdefault(witness[0], (facts, witness[1]))
    except TooManyError:
        return None
    if not takers:
        return None
    first = min(takers)
    names = " and ".join(f"`{policy.segments[taker].name}`" for taker in sorted(takers))
    place = policy.segments[first].position
    where = f"line {place.line}" if place.file == segment.position.file else policy.place(place)
    diagnostic = Diagnostic(
        "DUN420",
        "warning",
        f"nobody can be in `{segment.name}`: whoever it is meant for is in {names} above it",
        segment.position,
        f"move `{segment.name}` above `{policy.segments[first].name}` ({where}), or narrow that one's `when`",
    )
    return Found(diagnostic, takers[first][1])


def _lands_earlier(subject: Subject, index: int, facts: Facts) -> tuple[int, Witness] | None:
    account = customer_with(subject.policy, facts, subject.as_of)
    found = subject.decide(account)
    if found is None or not 0 <= found.segment < index:
        return None
    if not subject.segment_flags[index](found.customer, None):
        return None
    name = subject.policy.segments[found.segment].name
    shown = (*told(subject.policy, facts), late(31))
    return found.segment, Witness(account, subject.as_of, shown, f"lands in {name}")


def _impossible(subject: Subject, index: int) -> Found | None:
    """A condition that contradicts itself: shown by a customer who fits as many of its parts as possible."""
    if not _sure(subject, index):
        return None
    space, segment = subject.space, subject.policy.segments[index]
    own = subject.segment_conditions[index]
    try:
        if next(space.search(own), None) is not None:
            return None  # somebody fits, and no customer could be made up on whom the engine shows it
        near = most_of(space, own)
    except TooManyError:
        return None
    account = customer_with(subject.policy, near, subject.as_of)
    found = subject.decide(account)
    if found is None or found.segment < 0 or found.segment == index:
        return None
    diagnostic = Diagnostic(
        "DUN420",
        "warning",
        f"nobody can be in `{segment.name}`: its `when` never holds",
        segment.when.position if segment.when is not None else segment.position,
        "one part of the condition contradicts another: correct it, or delete the segment",
    )
    name = subject.policy.segments[found.segment].name
    shown = (*told(subject.policy, near), late(31))
    return Found(diagnostic, Witness(account, subject.as_of, shown, f"lands in {name}"))


def most_of(space: Conditions, tree: Node) -> Facts:
    """Facts that fit as much of a condition as possible: without the last parts of its `and`, which contradict."""
    parts = tree.operands if isinstance(tree, Logic) and tree.op == "and" else (tree,)
    for kept in range(len(parts) - 1, 0, -1):
        found = next(space.search(both(*parts[:kept])), None)
        if found is not None:
            return found
    return next(space.search(Not(tree, tree.span)), {})


def segments_without_limit(subject: Subject) -> Iterator[Found]:
    """`DUN429`: a ladder but no word on the credit limit, where others with a ladder have one."""
    segments = subject.policy.segments
    if not any(segment.credit_limit is not None and segment.ladder is not None for segment in segments):
        return
    for index, segment in enumerate(segments):
        if segment.ladder is None or segment.credit_limit is not None:
            continue
        written = subject.written("segments", segment.name)
        if written is not None and "credit_limit" in written:
            continue  # `none` says that no limit is meant
        facts = reaching(subject, index)
        if facts is not None:
            found = _unlimited(subject, index, segment, facts)
            if found is not None:
                yield found


def _unlimited(subject: Subject, index: int, segment: Segment, facts: Facts) -> Found | None:
    account = customer_with(subject.policy, facts, subject.as_of)
    found = subject.decide(account)
    if found is None or found.segment != index or found.customer.credit_limit is not None:
        return None
    diagnostic = Diagnostic(
        "DUN429",
        "warning",
        f"`{segment.name}` has no credit limit, other segments have one",
        segment.position,
        "add e.g. `credit_limit: 30000`; `credit_limit: none` says that no limit is meant",
    )
    shown = (*told(subject.policy, facts), ("customer.credit_limit", "missing"), late(31))
    return Found(diagnostic, Witness(account, subject.as_of, shown, f"lands in {segment.name} without a limit"))
