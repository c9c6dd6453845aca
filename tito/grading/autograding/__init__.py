"""From a submission to marks in the gradebook: rebuilt, run, judged, presented, entered."""
