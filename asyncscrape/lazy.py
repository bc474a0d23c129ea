"""A property that is computed at its first use and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy_property(Generic[T]):
    """As `functools.cached_property`, but without its lock.

    In Python 3.11 all objects of a class share that lock: while a thread computes the value of one, the event loop
    waits for it with any other. Without it two threads may compute the same value twice, which does no harm where it
    depends on nothing else.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> lazy_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> lazy_property[T] | T:
        """The value. The attribute that it becomes is found before this is asked again."""
        if instance is None:
            return self
        value: T = self._compute(instance)
        instance.__dict__[self._name] = value
        return value
