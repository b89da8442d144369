"""Image files, decoded to pixels."""

from __future__ import annotations

import io
import warnings

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from mnist_core.drawing.image import WORKING_SIDE
from mnist_core.errors import InputError

MAX_PIXELS = 20_000_000  # of an image file, before it is decoded
MAX_PHOTO_PIXELS = 64_000_000  # of a JPEG file, which is decoded smaller
MAX_BYTES = 50_000_000  # of the file itself
MAX_SCANS = 50  # of a JPEG file, each of which goes over the whole image; programs write ten
RLE = (
    1,
    2,
)  # how a BMP file is packed that Pillow unpacks in Python, slowly; nobody makes them now
MAX_MB = MAX_BYTES // 1_000_000
# Everything else that Pillow knows stays shut: some of it starts other programs.
UNREADABLE = "The file is no image that can be read: give a whole PNG, JPEG or WebP image."
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")


def read_image(
    data: bytes, formats: tuple[str, ...] = FORMATS, max_pixels: int = MAX_PIXELS
) -> npt.NDArray[np.uint8]:
    """Decode an image file as it would be seen: turned by its EXIF tag, in 8 bits.

    Args:
        data: the bytes of the file; of an animation the first picture counts.
        formats: of `FORMATS`, that are opened.
        max_pixels: that the image may have, looked at before it is decoded.

    Returns:
        uint8 (h, w), (h, w, 3) or (h, w, 4), for `from_image`.

    Raises:
        InputError: no image of these formats, a damaged one, or one that is too large.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"The image file is too large: give one of at most {MAX_MB} MB.")
    if not data:
        raise InputError("The file is empty: give a PNG, JPEG or WebP image.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(data), formats=formats)
        width, height = image.size
        photo = isinstance(image, JpegImageFile)
        # What is in a scan has no such marker in it.
        if photo and data.count(b"\xff\xda") > MAX_SCANS:
            raise InputError(UNREADABLE)
        if image.format == "BMP" and image.info.get("compression") in RLE:
            raise InputError(UNREADABLE)
        most = MAX_PHOTO_PIXELS if photo else max_pixels
        if width * height > most:
            raise InputError(
                f"The image is too large ({width:,}×{height:,} pixels): "
                f"give one of at most {most / 1e6:g} million pixels."
            )
        if photo:  # decoded smaller, not larger than needed
            image.draft("L", (2 * WORKING_SIDE, 2 * WORKING_SIDE))
        image.load()
        image = ImageOps.exif_transpose(image)
        return np.asarray(_in_eight_bits(image))
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError("The image is too large: give a smaller one.") from error
    except Exception as error:  # Pillow's decoders raise almost anything on damaged files
        raise InputError(UNREADABLE) from error


def _in_eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):  # 16 bits and more: spread what is there over 8
        levels = np.asarray(image, np.float32)
        levels = np.nan_to_num(levels, nan=0.0, posinf=0.0, neginf=0.0).clip(-1e30, 1e30)
        low, high = float(levels.min()), float(levels.max())
        ground = min(low, 0.0)
        top = 65535.0 if low >= 0 and 255 < high <= 65535 else max(high - ground, 1.0)
        return Image.fromarray(np.round((levels - ground) / top * 255).astype(np.uint8))
    transparent = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    if transparent:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")
