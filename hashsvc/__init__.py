"""hashsvc: is this fingerprint already on the list?"""
