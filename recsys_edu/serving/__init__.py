"""Serving: a trained model as one file, and answers from it without what trained it."""
