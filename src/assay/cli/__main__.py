"""`python -m assay.cli`, as the command `assay`."""

from assay.cli.main import main

if __name__ == "__main__":
    main()
