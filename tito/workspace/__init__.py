"""What tito keeps in a learner's workspace, and how it changes it."""
