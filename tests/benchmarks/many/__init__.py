"""Work on many machines, measured on this one."""
