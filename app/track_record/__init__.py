"""What was predicted and what came out: tasks left out, and the recommendations of this installation."""
