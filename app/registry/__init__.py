"""Value networks in use: refit, compare, promote, roll back."""
