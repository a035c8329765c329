"""The command line: speaks to people and to their scripts.

`main` is the way in; a module a command group. All through `hashsvc.client`, except what works on the list's directory
(`local`: init, serve, verify, rebuild, backup, restore).
"""
