"""What a file holds, told without running anything of it: tables, tensors, archives, pictures, text."""
