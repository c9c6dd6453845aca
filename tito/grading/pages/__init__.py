"""What graders and students look at: nothing of a submission runs in it."""
