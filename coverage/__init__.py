"""The engine: radio physics, coverage layers, gaps, siting, plans."""

if __name__ == "coverage":  # found by its bare name from the repository root
    raise ImportError("this is the planner's package: import phusong.coverage")
