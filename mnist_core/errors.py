"""The one kind of error that is meant for the person at the screen."""


class InputError(ValueError):
    """Something given from outside cannot be used.

    Its message is one plain sentence that says what is wrong and what to do. Pages
    show it as it is; the command line prints it and exits with status 2.
    """
