"""The methods: how each kind of spec is outlined, built and trained. One file per method, and their registry."""
