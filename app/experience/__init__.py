"""Look at what is known: tasks, runs, the map of tasks, and the value networks that learned from them."""
