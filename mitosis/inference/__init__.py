"""From images to maps, from maps to candidates: arrays in, arrays out."""
