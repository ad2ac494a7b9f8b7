"""`python -m featx_core`: the same as the command `featx`."""

import sys

from featx_core.command.main import main

if __name__ == "__main__":
    sys.exit(main())
