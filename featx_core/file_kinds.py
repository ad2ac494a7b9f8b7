"""Files that are no images featx reads, told by their first bytes, with advice."""

_AS_PNG = "export it as PNG or JPEG"
_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", f"is a PDF, not an image: {_AS_PNG}"),
    (0, b"%!PS", f"is an EPS or PostScript file: {_AS_PNG}"),
    (0, b"\xc5\xd0\xd3\xc6", f"is an EPS file: {_AS_PNG}"),
    (0, b"8BPS", f"is a Photoshop file: {_AS_PNG}"),
    (0, b"Rar!", "is a RAR archive: unpack it, or pack the images as zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it, or pack the images as zip"),
    (0, b"\x1f\x8b", "is a gzip archive: unpack it, or pack the images as zip"),
    (257, b"ustar", "is a tar archive: unpack it, or pack the images as zip"),
    (0, b"PK\x03\x04", "is an archive inside another: it was not opened"),
    (0, b"FUJIFILMCCD-RAW", f"is a camera RAW file: {_AS_PNG}"),
    (0, b"II*\x00\x10\x00\x00\x00CR", f"is a camera RAW file: {_AS_PNG}"),
    (0, b"IIRO", f"is a camera RAW file: {_AS_PNG}"),
    (0, b"IIU\x00", f"is a camera RAW file: {_AS_PNG}"),
    (4, b"ftypcrx", f"is a camera RAW file: {_AS_PNG}"),
    (4, b"ftypisom", "is a video, not an image"),
    (4, b"ftypmp4", "is a video, not an image"),
    (4, b"ftypqt", "is a video, not an image"),
    (0, b"\x1aE\xdf\xa3", "is a video, not an image"),
    (0, b"\x00\x00\x01\x00", f"is an icon file: {_AS_PNG}"),
    (0, b"\x00\x00\x00\x0cjP  ", f"is a JPEG 2000 file: {_AS_PNG}"),
    (0, b"\xff\x0a", f"is a JPEG XL file: {_AS_PNG}"),
    (0, b"SQLite format 3", "is a database: open a featx workspace from the menu in the sidebar"),
)
_SEEN = 1024  # bytes in which the start of an SVG is looked for


def described_kind(content: bytes) -> str | None:
    """Name what a file is when it is none of the images that featx reads, with advice; None when its start tells nothing.

    >>> described_kind(b"%PDF-1.7 ...")
    'is a PDF, not an image: export it as PNG or JPEG'
    >>> described_kind(b"hello")
    'is text, not an image'
    """
    for offset, magic, words in _KINDS:
        if content[offset : offset + len(magic)] == magic:
            return words
    head = content[:_SEEN].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml")) and b"<svg" in head:
        return f"is an SVG drawing: {_AS_PNG}"
    if not content:
        return "is empty"
    return "is text, not an image" if _is_text(content[:_SEEN]) else None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", errors="strict")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
