"""The processes of a service: supervisor, workers, keeper; how they are started, marked and ended."""
