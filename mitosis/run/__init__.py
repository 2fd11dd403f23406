"""What a run is: its name, its folder, its parts built once."""
