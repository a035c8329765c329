"""gRPC and processes: translates, calls, answers. Decides nothing about lists or matches.

`supervisor.run` is what `hashsvc serve` calls; `app.build` is where a worker's objects are made.
"""
