"""Predict, then run: a class answers with ranges before the session shows what comes."""
