"""`python -m app.cli` is `forethought`."""

from app.cli import main

main(prog_name="forethought")
