"""Arms behind an address, in OpenAI's shapes. The page talks to an `Engine`; see `wanted.py`."""
