"""Image quality as a study: that of the core."""

from featx_core.curation.quality import image_quality
from featx_core.studies.maps.quality import QualityStudy
from tests.toys.entered_runs import filled_workspace
from tests.toys.studying import done


def test_it_gives_what_the_core_gives():
    workspace = filled_workspace()
    images = workspace.images()
    assert done(workspace, QualityStudy(tuple(images.digests))) == image_quality(images)
