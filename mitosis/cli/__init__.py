"""The command line: everything that depends on Hydra."""
