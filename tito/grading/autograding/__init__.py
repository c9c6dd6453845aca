"""Autograding: rebuild a submission, run it, judge it, present it, enter it."""
