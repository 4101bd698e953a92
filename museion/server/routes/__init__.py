"""The doors, a file for each noun."""
