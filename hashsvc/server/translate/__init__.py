"""Between messages and values, both ways; every check of what a message may hold."""
