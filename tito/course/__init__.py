"""The course: its lessons, their notebooks, and what is exported from them."""
