"""What a machine with a GPU may lack: it has torch and yaml, not always jsonschema."""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from typing import Any


def without_jsonschema() -> None:
    """Configuration is read as it stands where nothing can validate it.

    It was validated where it was written (every test of config does); here it is only copied.
    """
    if importlib.util.find_spec("jsonschema") is not None:
        return

    class AcceptsAll:
        TYPE_CHECKER = SimpleNamespace(redefine_many=lambda _: None)

        def __init__(self, _: Any) -> None: ...

        def iter_errors(self, _: Any) -> list[Exception]:
            return []

    stand_ins: dict[str, dict[str, Any]] = {
        "jsonschema": {"Draft202012Validator": AcceptsAll},
        "jsonschema.exceptions": {"ValidationError": Exception, "best_match": lambda _: None},
        "jsonschema.validators": {"extend": lambda *_, **__: AcceptsAll},
    }
    for name, contents in stand_ins.items():
        module = ModuleType(name)
        vars(module).update(contents)
        sys.modules[name] = module
