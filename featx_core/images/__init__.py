"""Images: decoding, colour conversion, fitting, intake, duplicates and samples."""
