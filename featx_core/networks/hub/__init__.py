"""Networks of KerasHub, which is an optional extra: their graphs, their presets, random weights."""
