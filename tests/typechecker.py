"""What checks annotations while tests run: beartype, to which an int is a float, too, as it is to Python's typing."""

from beartype import BeartypeConf, beartype

typechecker = beartype(conf=BeartypeConf(is_pep484_tower=True))
