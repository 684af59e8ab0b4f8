"""One WhatsApp session: what it is called, what its record believes, how it comes, lives and goes."""
