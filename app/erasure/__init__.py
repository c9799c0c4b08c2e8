"""What a person has here becomes nothing, and a signed receipt tells what is gone."""
