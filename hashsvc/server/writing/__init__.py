"""The one writer of a process: the list's queue, and the door to casework."""
