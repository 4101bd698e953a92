"""What unmodified W&B clients say, translated to actions. No state of its own."""
