"""Similar answers of a class, for the instructor's eyes: tokens, fingerprints, pairs, a page."""
