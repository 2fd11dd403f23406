"""Is this dataset what it says?"""
