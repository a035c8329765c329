"""Who asked what and met what: written before the answer, read after a retraction."""
