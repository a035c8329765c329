"""What `make` calls to generate and check; not part of the package."""
