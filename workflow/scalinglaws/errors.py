"""The one exception that users are meant to see, and sentences that many places need."""


class InputError(Exception):
    """A problem the user can mend: bad configuration, data or result file.

    The message is one sentence that names the key or file, what was found, what was expected
    and what to run. The command line prints it without a traceback and exits with status 2.
    """


class Stopped(KeyboardInterrupt):
    """A signal asked the run to stop; its number is the argument."""


def unreadable(path: object, problem: OSError) -> str:
    """A file that is there but cannot be used: no rights, a folder, a failing disk or network."""
    return (
        f"{path} could not be read ({problem.strerror or problem}); mend its rights or its disk, "
        "or name another file, and run the same command again."
    )
