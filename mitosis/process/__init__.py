"""The current process: its rank, its memory, its end."""
