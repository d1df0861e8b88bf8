"""What all syntax models share: closed, frozen, placed, and with a word on what later versions will bring."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from policy_engine.language.findings import Findings
from policy_engine.language.nodes import Map, Text, map_at, map_like
from policy_engine.language.scalars import refuse
from policy_engine.values.diagnostics import did_you_mean
from policy_engine.values.position import NOWHERE, Position

NOT_YET = "not yet supported"


class Syntax(BaseModel):
    """A mapping of the policy. Unknown keys are found here, where the known ones are at hand.

    Class attributes:
        LATER: keys that the language names and this version refuses, with the part of the language they belong to.
        EITHER: groups of keys of which at most one may be given.
        ONE_OF: groups of keys of which exactly one must be given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    LATER: ClassVar[Mapping[str, str]] = {}
    EITHER: ClassVar[tuple[tuple[str, ...], ...]] = ()
    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = ()
    _node: Map = PrivateAttr(default_factory=lambda: map_at(NOWHERE.file, NOWHERE.line, NOWHERE.column))

    @property
    def position(self) -> Position:
        """Where the mapping begins."""
        return self._node.position

    def at(self, key: str) -> Position:
        """Where the value of a key stands, else where the mapping begins."""
        return self._node.of(key)

    def has(self, key: str) -> bool:
        """Whether the author wrote the key."""
        return key in self._node

    @classmethod
    def keys(cls) -> list[str]:
        """The keys an author may write."""
        found = _KEYS.get(cls)
        if found is None:
            found = _KEYS[cls] = [field.alias or name for name, field in cls.model_fields.items()]
        return found

    @model_validator(mode="wrap")
    @classmethod
    def _place(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Report unknown and conflicting keys, validate the others, remember the place."""
        if not isinstance(data, Map) or not isinstance(info.context, Findings):
            return handler(data)
        known = cls.keys()
        findings = info.context
        clean = data
        if not data.keys() <= set(known):
            clean = map_like(data)
            for key, value in data.items():
                if key in known:
                    clean[key] = value
                else:
                    cls._unknown(key, known, findings)
        for empty in data.empty:
            if empty in known:
                findings.add(
                    "DUN013", f"`{empty}` has no value", empty.position, hint="give it one, or delete the line"
                )
            else:
                cls._unknown(empty, known, findings)
        cls._conflicts(clean, findings)
        model = handler(clean)
        model._node = clean
        return model

    @classmethod
    def _unknown(cls, key: str, known: list[str], findings: Findings) -> None:
        at = key.position if isinstance(key, Text) else NOWHERE
        later = cls.LATER.get(key)
        if later is not None:
            findings.add("DUN105", f"`{key}` is {NOT_YET}", at, hint=later)
            return
        near = did_you_mean(key, known)
        findings.add(
            "DUN101",
            f"`{key[:60]}` is not a key that can stand here",
            at,
            hint=near or f"possible here: {', '.join(known)}",
        )

    @classmethod
    def _conflicts(cls, node: Map, findings: Findings) -> None:
        for group in (*cls.EITHER, *cls.ONE_OF):
            given = [key for key in group if key in node]
            if len(given) > 1:
                second = node.key(given[1])
                findings.add(
                    "DUN114",
                    f"`{given[0]}` and `{given[1]}` can't both be given",
                    second.position if second is not None else node.position,
                    hint=f"keep one of {', '.join(f'`{key}`' for key in group)}",
                )
        for group in cls.ONE_OF:
            if not any(key in node for key in group) and not any(key in group for key in node.empty):
                findings.add(
                    "DUN114",
                    f"one of {', '.join(f'`{key}`' for key in group)} is needed here",
                    node.position,
                    hint=f"add e.g. `{group[0]}: ...`",
                )


_KEYS: dict[type[Syntax], list[str]] = {}


def key(
    description: str, *examples: Any, default: Any = ..., alias: str | None = None, longest: int | None = None
) -> Any:
    """A key of a mapping, with the words and the examples that an editor shows."""
    return Field(default, alias=alias, description=description, examples=list(examples), max_length=longest)


def _later(values: tuple[str, ...], what: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if isinstance(value, str) and value in values:
            raise refuse("DUN105", f"`{value}` is {NOT_YET}", f"this version knows {what}")
        return value

    return check


def later(*values: str, known: str) -> BeforeValidator:
    """Refuse values that the language names and this version doesn't have yet."""
    return BeforeValidator(_later(values, known))


Channel = Literal[
    "email",
    "letter",
    "registered_letter",
    "call",
    "task",
    "webhook",
    "placement",
    "order_hold",
    "order_release",
]
ContactChannel = Literal["email", "letter", "registered_letter", "call"]
Adjust = Literal["next_business_day", "none"]
Anchor = Literal["due_date", "issue_date", "previous_step"]
Scope = Literal["invoice", "instalment", "customer"]
Carrier = Literal["oldest", "highest"]
OnCarrierPaid = Literal["keep", "restart", "recompute"]
Progression = Literal["stepwise", "jump"]
Consolidate = Literal["customer", "step", "item"]
