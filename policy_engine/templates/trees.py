"""What is changed in a parsed template before it is compiled: marks to count by, and includes put in their place."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from jinja2 import nodes

from policy_engine.templates.document import TICK

Parse: TypeAlias = Callable[[str], nodes.Template]


def tick(tree: nodes.Template) -> None:
    """Let each template and each turn of each loop print a mark: `rendered` counts what prints nothing else."""
    bodies = [tree.body, *(loop.body for loop in tree.find_all(nodes.For))]
    for body in bodies:
        line = body[0].lineno if body else 1
        mark = nodes.Output([nodes.TemplateData(TICK, lineno=line)], lineno=line)
        body.insert(0, mark.set_environment(tree.environment) if tree.environment is not None else mark)


def is_plain(tree: nodes.Template) -> bool:
    """Whether a template is words, values and conditions: no names of its own, no loops, blocks or other templates."""
    more: tuple[type[nodes.Node], ...] = (nodes.Extends, nodes.Include, nodes.Block, nodes.Assign, nodes.For)
    return next(tree.find_all(more), None) is None


def put_in(tree: nodes.Template, plain: Mapping[str, str], parse: Parse, room: int) -> None:
    """Put the plain templates that a template includes in their place: at run time each takes as long as ten words.

    Nothing else changes by it: names mean the same in both, as the template itself makes none and loops are left alone.

    Args:
        tree: the parsed template.
        plain: the texts of templates that are plain (`is_plain`), by name.
        parse: reads one of them, a new tree each time.
        room: characters that may be put in, so that no template grows beyond measure.
    """
    if tree.find(nodes.Include) is None or tree.find(nodes.Assign) is not None:
        return
    bodies = [block.body for block in tree.find_all(nodes.Block)]
    if tree.find(nodes.Extends) is None:  # else what stands outside of blocks isn't a part of the message
        bodies.append(tree.body)
    for body in bodies:
        room = _put_in(body, plain, parse, room)


def _put_in(body: list[nodes.Node], plain: Mapping[str, str], parse: Parse, room: int) -> int:
    """The room that is left."""
    for place in range(len(body) - 1, -1, -1):
        node = body[place]
        if isinstance(node, nodes.If):
            for part in (node.body, *(other.body for other in node.elif_), node.else_):
                room = _put_in(part, plain, parse, room)
        elif isinstance(node, nodes.Include) and isinstance(node.template, nodes.Const) and node.with_context:
            source = plain.get(node.template.value)
            if source is not None and len(source) <= room:
                room -= len(source)
                body[place : place + 1] = parse(source).body
    return room
