"""`hashsvc demo`: a service of its own from beginning to end, on fingerprints of innocuous pictures.

`command` tells the story; `corpus` reads the pictures, `service` runs the server and the other commands, `intake`
plays the reports, `people` shows a confirmation and a retraction, `chart` draws.
"""
