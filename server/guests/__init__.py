"""Guests to start from, and what real kernels made of them."""
