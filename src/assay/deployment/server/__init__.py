"""Strategies behind an address, in OpenAI's shapes. `run` opens them, `app` has the routes; they
talk to an `Engine`, see `engine_api`."""
