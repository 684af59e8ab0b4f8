"""What the app costs, as ratios measured in one run; see README.md."""
