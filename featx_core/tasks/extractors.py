"""The extractors that the worker caches between jobs."""

from featx_core.methods.extractors import Extractors

EXTRACTORS = Extractors()
