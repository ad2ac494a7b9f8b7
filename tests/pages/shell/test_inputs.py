"""Inputs that several forms share."""

from streamlit.testing.v1 import AppTest

from featx_core.images.fitting import FITS


def show():
    """The script of a page with the one input."""
    from pages._ui.shell.inputs import fit_picker

    fit_picker()


def test_every_way_to_fit_can_be_picked_and_other_programs_are_warned_of():
    tab = AppTest.from_function(show, default_timeout=60).run()
    picker = tab.segmented_control(key="fit")
    for fit in FITS:
        assert picker.set_value(fit).run().segmented_control(key="fit").value == fit
    assert picker.options == ["Crop", "Stretch", "Pad", "Resize 256, crop 224"]
    assert "`load_img(target_size=...)` in Keras, which stretches and takes the nearest pixel" in picker.help
    assert not tab.exception
