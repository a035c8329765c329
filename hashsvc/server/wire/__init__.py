"""What an RPC is: how calls arrive, which lane runs them, what they are refused with. Knows no rule of the list."""
