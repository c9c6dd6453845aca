"""Pages for graders and students, in which nothing of a submission runs."""
