"""What a network sees of fields: tiles, whole fields, candidates."""
