"""From files to pixels and image sets: decoding, colour, fitting, intake, duplicates, samples."""
