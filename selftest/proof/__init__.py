"""The proof that the suite would notice: each fault of the replica must turn the right line red, and no other."""
