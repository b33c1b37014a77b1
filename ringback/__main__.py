"""`python -m ringback`: the same as the command `ringback`."""

from ringback.cli import main

main()
