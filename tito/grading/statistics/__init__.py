"""Statistics of a lesson, per question and per misconception: a page and a table."""
