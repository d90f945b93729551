"""The one exception that users are meant to see."""


class InputError(Exception):
    """A problem the user can mend: bad configuration, data or result file.

    The message is one sentence that names the key or file, what was found, what was expected
    and what to run. The command line prints it without a traceback and exits with status 2.
    """
