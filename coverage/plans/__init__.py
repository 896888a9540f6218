"""Plan registers against evidence: which promises are kept, as claimed and as predicted."""
