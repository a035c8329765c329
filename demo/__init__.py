"""`python -m demo`: a service of its own from beginning to end, on fingerprints of innocuous pictures.

Stands beside the package and uses of it what any user could: the client, the command line, files' formats. `command`
tells the story; `corpus` reads the pictures, `service` runs the server and the other commands, `intake` plays the
checks, `pages` the URLs, `people` shows a confirmation and a retraction, `chart` draws. `day` plays a day of casework;
its first lines name the modules that help it.
"""
