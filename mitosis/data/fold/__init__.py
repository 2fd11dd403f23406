"""Which fields a fold trains on, validates on and tests on."""
