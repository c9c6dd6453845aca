"""Collect submissions from an exchange or an LMS's export, and publish lessons and feedback."""
