"""Why it does not work: the links of the chain as rows, each with its cause and remedy."""
