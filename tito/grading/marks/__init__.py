"""Marks: read from the gradebook, and written for spreadsheets and LMSs."""
