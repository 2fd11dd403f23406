"""The pages on which a reader checks a count: one file each, without anything from elsewhere."""
