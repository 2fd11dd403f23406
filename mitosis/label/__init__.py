"""Label files of the field's datasets, read and written."""
