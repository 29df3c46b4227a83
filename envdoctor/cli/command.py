"""The classes of our commands: what is text, or was not given, is taken as it is.

Typer from 0.29 on has pydantic convert what stands on the command line, and loads it for the first option that is not
given, `--help` among them. That takes as long, and as much memory, as all else that a `check` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    Convert = Callable[[Any, Any], Any]


class Command(TyperCommand):
    """A command whose text options start no machinery; all else is converted by Typer."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters of the command, `--help` among them."""
        return [_light(parameter) for parameter in super().get_params(ctx)]


class Group(TyperGroup):
    """A group of commands, light in the same way."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters of the group, `--help` among them."""
        return [_light(parameter) for parameter in super().get_params(ctx)]


def _light(parameter: Any) -> Any:
    """Have a parameter leave alone what already is as the command's function declares it."""
    described = getattr(parameter, "type_descriptor", None)
    if described is not None and "process_value" not in vars(parameter):  # an older Typer needs no pydantic
        parameter.process_value = _taken(parameter, described.annotation, parameter.process_value)
    return parameter


def _taken(parameter: Any, declared: Any, convert: Convert) -> Convert:
    def process_value(context: Any, value: Any) -> Any:
        if value is None:
            taken = not parameter.required
        else:
            taken = declared in (str, list[str]) or (isinstance(declared, type) and isinstance(value, declared))
        if not taken:
            return convert(context, value)
        return parameter.callback(context, parameter, value) if parameter.callback else value

    return process_value
