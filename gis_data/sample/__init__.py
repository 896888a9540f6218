"""The embedded sample: a Quảng Ninh-like province, made up from a seed around real facts."""
