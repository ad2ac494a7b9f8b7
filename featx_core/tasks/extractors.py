"""The extractors that this process keeps from job to job."""

from featx_core.methods.extractors import Extractors

EXTRACTORS = Extractors()
