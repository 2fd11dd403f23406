"""From images to probability maps to candidates: pure functions, arrays in, arrays out."""
