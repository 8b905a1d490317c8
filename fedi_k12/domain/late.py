"""Modules that are loaded when they are first asked for something, not when the server starts.

For large ones that a small server may not need for days: pictures, for instance. What is loaded
stays; whoever is first waits for it.
"""

from importlib import import_module


class Late:
    """Stands for a module until something of it is asked for, from any thread.

    Under `TYPE_CHECKING` the real module has the name, so that types are those of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, part: str) -> object:
        # `import_module` returns only what has been read to its end, whoever reads it; the lazy
        # loader of the standard library did not before Python 3.11.9.
        found = getattr(import_module(self._name), part)
        # Asked for at each signature: the next time it is found without coming here.
        setattr(self, part, found)
        return found
