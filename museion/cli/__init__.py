"""The command line: arguments in, one call down, an answer for people or (`--json`) for programs."""
