"""Generated from protos/hashsvc/v1 by `make protos`. Do not edit."""
