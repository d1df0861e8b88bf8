"""The command line without an installed script: `python cli.py plan ...` is `dunning plan ...`."""

from policy_engine.cli.main import main

if __name__ == "__main__":
    main()
