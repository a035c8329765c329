"""How hypothesis searches in this suite: the same examples in every run, so that red means the change, not the day.

`HYPOTHESIS_PROFILE=explore pytest …` draws new examples, many more of them; a failure prints the line that replays it.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None)
settings.register_profile(
    "explore",
    derandomize=False,
    print_blob=True,
    deadline=None,
    max_examples=2_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
