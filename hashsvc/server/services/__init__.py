"""A servicer each: plain methods from request to answer."""
