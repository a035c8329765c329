"""hashsvc: is this fingerprint or URL already on the list?"""
