"""How a command ends: exit codes, and what it cannot do."""

DONE = 0
FAILED = 1
WRONG_USE = 2
"""As argparse has it."""
LEFT_OUT = 3
"""Done, but some files were left out."""
INTERRUPTED = 130
"""As shells have it for Ctrl+C."""


class CommandError(ValueError):
    """A command that cannot be carried out; its text is the sentence that is shown."""
