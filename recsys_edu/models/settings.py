"""Settings: the arguments that a model was constructed with, checked once and then frozen.

A model names its arguments twice: in the signature of its constructor, with defaults, and in a
frozen dataclass, with checks. Everything else derives from the two: ``settings``, ``get_params``,
``set_params``, the attributes of these names, and what scikit-learn's ``clone`` needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from inspect import Parameter, signature
from typing import Any, ClassVar, Self

from recsys_edu.errors import InvalidParameterError
from recsys_edu.models.parameters import number, one_of, whole_number

Check = Callable[[str, object], Any]
_CHECK = "check"


def checked(check: Check) -> Any:
    """Declare a field whose value is that of ``check(name, given)``."""
    return field(metadata={_CHECK: check})


def whole(low: int, high: int) -> Any:
    """Declare a whole number in [low, high]."""
    return checked(lambda name, value: whole_number(name, value, low, high))


def real(low: float, high: float, *, open_low: bool = False) -> Any:
    """Declare a number in [low, high], or in (low, high] with ``open_low``."""
    return checked(lambda name, value: number(name, value, low, high, open_low=open_low))


def choice(*words: str) -> Any:
    """Declare one of these words."""
    return checked(lambda name, value: one_of(name, value, words))


def flag() -> Any:
    """Declare a truth value."""
    return checked(lambda name, value: bool(value))


def optional(declared: Any) -> Any:
    """Declare the same, or None."""
    check: Check = declared.metadata[_CHECK]
    return checked(lambda name, value: None if value is None else check(name, value))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Checked arguments of a model's constructor; subclasses declare them."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = each.metadata[_CHECK](each.name, getattr(self, each.name))
            object.__setattr__(self, each.name, value)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the arguments."""
        return tuple(each.name for each in fields(cls))


class _Attribute:
    """A model's attribute that reads one of its settings, and checks what is assigned to it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        return getattr(model._settings, self.name)

    def __set__(self, model: Any, value: object) -> None:
        model.set_params(**{self.name: value})


class Configured:
    """Base of objects with settings; ``get_params`` and ``set_params`` are scikit-learn's."""

    Settings: ClassVar[type[Settings]] = Settings
    """The settings of the class; of a subclass that declares none, those of its base."""
    _settings: Any
    _given: dict[str, Any]

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for name in vars(cls)["Settings"].names() if "Settings" in vars(cls) else ():
            setattr(cls, name, _Attribute(name))

    def __init__(self) -> None:
        self._configure({})

    def _configure(self, arguments: Mapping[str, Any]) -> None:
        """Check and keep the arguments of the constructor, which calls this with ``locals()``."""
        given = {name: arguments[name] for name in self.Settings.names()}
        self._settings, self._given = self.Settings(**given), given

    def settings(self) -> dict[str, Any]:
        """Return the constructor's arguments as they are used, as JSON can hold them."""
        return {name: getattr(self, name) for name in self.argument_names()}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments as they were given.

        Args:
            deep: ignored; no argument has parameters of its own.
        """
        own = self._given
        return {
            name: own[name] if name in own else getattr(self, name)
            for name in self.argument_names()
        }

    def set_params(self, **changes: Any) -> Self:
        """Change arguments of the constructor; all of them or, where one is refused, none.

        Fitted vectors stay as they are; the next ``fit`` goes by the new settings.

        Raises:
            InvalidParameterError: no such argument, or a value out of range.
        """
        names = self.argument_names()
        for name in changes:
            if name not in names:
                raise InvalidParameterError(
                    f"{type(self).__name__} has no argument {name!r}, only {', '.join(names)}."
                )
        own = {name: value for name, value in changes.items() if name in self._given}
        given = {**self._given, **own}
        self._settings, self._given = self.Settings(**given), given
        for name, value in changes.items():
            if name not in own:
                setattr(self, name, value)
        return self

    @classmethod
    def argument_names(cls) -> list[str]:
        """Return the names of the constructor's arguments.

        Raises:
            InvalidParameterError: the constructor takes ``*args`` or ``**kwargs``.
        """
        _, *parameters = signature(cls.__init__).parameters.values()
        if any(p.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD) for p in parameters):
            raise InvalidParameterError(
                f"the constructor of {cls.__name__} takes *args or **kwargs; name its arguments, "
                "so that models can be saved, copied and shown."
            )
        return [parameter.name for parameter in parameters]
