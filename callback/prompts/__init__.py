"""What callers hear: recorded prompts per language, and the catalogue of their words."""
