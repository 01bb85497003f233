"""Settings of the property tests in this folder."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is not a fault of the code
settings.load_profile("patient")
