"""Take values of the command line as they are where nothing has to be converted.

typer converts every value but a flag by pydantic, also a text, and one that was not given. To import pydantic
takes longer than most commands do, so that is left to those that are given a number or a list.
"""

from typing import Any


def convert_when_needed(command: Any) -> Any:
    """Return a command of typer that, as its subcommands, converts only what has to be."""
    all_parameters = command.get_params  # only it knows the option --help, which typer makes last

    def get_params(context: Any) -> Any:
        found = all_parameters(context)
        for each in found:
            if hasattr(each, "get_runtime_param") and "get_runtime_param" not in vars(each):
                each.get_runtime_param = _Conversion(each).itself
        return found

    command.get_params = get_params
    for each in getattr(command, "commands", {}).values():
        convert_when_needed(each)
    return command


class _Conversion:
    """Converts the values of one parameter: by what typer makes for the first that needs it."""

    def __init__(self, parameter: Any) -> None:
        described = parameter.type_descriptor
        self._takes_text = described.annotation is str and described.parameter_info.parser is None
        self._made_by_typer = parameter.get_runtime_param

    def itself(self) -> "_Conversion":
        return self

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value of a parameter in its type."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._takes_text and isinstance(value, str):
            return value
        return self._made_by_typer().coerce(value, param=param, ctx=ctx)
