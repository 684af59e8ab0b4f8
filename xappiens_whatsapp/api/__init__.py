"""The doors: permission, guard, one call, answer."""
