"""How often the list is wrong, and how often it finds what is there, over made-up campaigns."""
