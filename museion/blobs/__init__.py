"""Bytes by digest: the chunker, packs, the store with its index, and the client's staging and cache."""
