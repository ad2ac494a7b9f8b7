"""Write anew what is known of the networks that are drawn without Keras. Run: `python -m tests.toys.shipped_facts`."""

import json

import featx_core as fx
from featx_core.heatmaps.keeping import facts_of
from featx_core.networks.kept.shipped import facts_path, shipped_specs


def written(spec):
    """Return what Keras says of a spec's network, as it is shipped."""
    return json.dumps(facts_of(fx.build(spec)).to_json(), separators=(",", ":")) + "\n"


if __name__ == "__main__":
    for spec in shipped_specs():
        facts_path(spec).write_text(written(spec), encoding="utf-8")
