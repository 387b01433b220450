"""What an API edge does around a command: who calls, what they may see, once, and errors."""
