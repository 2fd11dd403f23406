"""Finished runs as tables, plots and one page: nothing is scored anew but what the runs' own files hold."""
