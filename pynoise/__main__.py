"""`python -m pynoise` is the command `pynoise`."""

from pynoise.cli import main

if __name__ == "__main__":
    main()
