"""Print the pinned versions of everything installed but ourselves: ``make constraints``."""

from importlib.metadata import distributions

SKIPPED = {"phusong", "pip"}

pins = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
print("# Versions that the tests ran with; refresh with `make constraints`.")
for name in sorted(pins.keys() - SKIPPED):
    print(f"{name}=={pins[name]}")
