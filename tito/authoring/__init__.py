"""For those who write lessons: from the one source to notebooks, the answer key and the wheel."""
