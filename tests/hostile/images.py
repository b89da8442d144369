"""Hostile image files, each with what it is refused with, or None where it is read."""

import io
import struct
import zlib

from PIL import Image

NO_IMAGE, LARGE = "no image that can be read", "too large"


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *chunks, rows=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + data + chunk(b"IEND", b"")


def texts():
    """A PNG file whose comments unpack to 200 MB."""
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000), 9))
    return png(9, 9, *[text] * 200, rows=bytes(90))


def profile():
    """A PNG file whose colour profile unpacks to 200 MB."""
    return png(9, 9, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000), 9)))


def scans():
    """A JPEG file of 16 million pixels that is gone over three thousand times."""
    data = encoded(Image.new("L", (4000, 4000), 128), "JPEG", progressive=True)
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + last * 3000 + data[-2:]


def giant_jpeg():
    data = bytearray(encoded(Image.new("L", (9, 9)), "JPEG"))
    at = data.find(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, 65_000, 65_000)
    return bytes(data)


def animation():
    """A WebP file of 90 bytes on a canvas of 16,383² pixels."""
    inner = encoded(Image.new("RGB", (10, 10)), "WEBP", lossless=True)[12:]
    size, nine = (16_382).to_bytes(3, "little"), (9).to_bytes(3, "little")
    head = b"VP8X" + struct.pack("<I", 10) + struct.pack("<I", 0x12) + size * 2
    moving = b"ANIM" + struct.pack("<I", 6) + bytes(6)
    frame = bytes(6) + nine * 2 + (100).to_bytes(3, "little") + b"\0" + inner
    body = b"WEBP" + head + moving + b"ANMF" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def run_lengths():
    """A BMP file of ten million runs of one pixel each."""
    pixels = b"\x01\x80" * 5_000_000
    head = struct.pack("<IiiHHIIiiII", 40, 1000, 5000, 1, 8, 1, len(pixels), 0, 0, 256, 0)
    return (
        b"BM" + struct.pack("<IHHI", 1078 + len(pixels), 0, 0, 1078) + head + bytes(1024) + pixels
    )


def postscript():
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n%%EOF\n"


CORPUS = {
    "PostScript without end": (postscript, NO_IMAGE),
    "comments": (texts, NO_IMAGE),
    "a colour profile": (profile, NO_IMAGE),
    "a giant PNG": (lambda: png(40_000, 40_000), LARGE),
    "a giant that overflows": (lambda: png(2**31 - 1, 2**31 - 1), LARGE),
    "a giant JPEG": (giant_jpeg, LARGE),
    "a giant TIFF": (
        lambda: encoded(Image.new("1", (10_000, 10_000)), "TIFF", compression="tiff_deflate"),
        LARGE,
    ),
    "a giant animation": (animation, LARGE),
    "3,000 scans": (scans, NO_IMAGE),
    "run lengths": (run_lengths, NO_IMAGE),
    "an icon": (lambda: encoded(Image.new("L", (16, 16)), "ICO"), NO_IMAGE),
    "a PDF": (lambda: encoded(Image.new("L", (16, 16)), "PDF"), NO_IMAGE),
    "no rows": (lambda: png(2000, 2000), NO_IMAGE),
    "as large as may be": (lambda: png(4472, 4472, rows=bytes(4473 * 4472)), None),
    "as deep as may be": (
        lambda: encoded(Image.new("F", (4472, 4472), 1.5), "TIFF", compression="tiff_lzw"), None,
    ),
    "one pixel wide": (
        lambda: encoded(Image.new("1", (1, 1_000_000)), "TIFF", compression="tiff_deflate"), None,
    ),
}  # fmt: skip
