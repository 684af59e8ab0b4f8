"""The one Baileys server as this site sees it: the client, its budget, its failures as errors of the site."""
