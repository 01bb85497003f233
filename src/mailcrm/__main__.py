"""`python -m mailcrm` is the command `mailcrm`."""

from mailcrm.cli.main import run

if __name__ == "__main__":
    run()
