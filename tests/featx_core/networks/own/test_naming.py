"""Names that are used once."""

from featx_core.networks.own.naming import unused


def test_a_numbered_name_that_is_taken_is_passed_over():
    taken = {"conv", "conv.1"}
    assert unused("conv", taken) == "conv.2"
    assert taken == {"conv", "conv.1", "conv.2"}
