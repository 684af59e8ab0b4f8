"""What runs without a person: the pass over all sessions, and the jobs that webhooks and settings queue."""
