"""Bytes that a visitor uploaded -> pixels. Whatever the bytes are, the answer is an image or a PlaygroundError."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from playground import settings
from playground.errors import PlaygroundError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
SHOWN_FORMATS = "PNG, JPEG, GIF, BMP or WebP"
# Longest side of what is returned: far more than a 28x28 image needs, and quick to work with.
LONGEST_SIDE = 1024
PALETTE_MODES = ("P", "PA")
# Modes of more than 8 bits a pixel. Pillow cuts their values off at 255 instead of scaling them.
DEEP_MODES = ("I", "I;16", "I;16L", "I;16B", "I;16N")
# EXIF orientation -> what turns the picture upright (EXIF 2.32, tag 274).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(data: bytes, max_bytes: int | None = None, max_pixels: int | None = None) -> NDArray[np.uint8]:
    """The picture in an uploaded file: uint8 (h, w) when it is grey, else (h, w, 4) RGBA; at most 1024 pixels a side.

    Turned upright by its EXIF orientation; of an animation the first frame. The size is read from the header, and nothing
    is decoded before it is known to be within the limits. max_bytes, max_pixels: by default the server's settings.
    Raises PlaygroundError for too large a file or picture, for other formats, and for damaged or truncated files.
    """
    max_bytes = settings.number("max_upload_mb") * 1_000_000 if max_bytes is None else max_bytes
    max_pixels = settings.number("max_upload_megapixels") * 1_000_000 if max_pixels is None else max_pixels
    if not data:
        raise PlaygroundError("The file is empty.", f"A {SHOWN_FORMATS} picture was expected.", "Choose another file.")
    if len(data) > max_bytes:
        raise PlaygroundError(
            f"The file has {len(data) / 1e6:.1f} MB.",
            f"At most {max_bytes / 1e6:g} MB are allowed.",
            "Save the picture smaller, for example as JPEG, or crop it to the digit.",
        )
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise _unreadable(data) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels("more than 89 million", max_pixels) from None
    except Exception as problem:  # decoders answer hostile bytes with errors of many kinds
        raise _damaged() from problem
    with image:
        if image.width * image.height > max_pixels:
            raise _too_many_pixels(f"{image.width} x {image.height} = {image.width * image.height / 1e6:.1f} million", max_pixels)
        try:
            return _pixels(image)
        except Exception as problem:
            raise _damaged() from problem


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    orientation = _orientation(image)
    image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # JPEG alone: decodes at a fraction of the size, and of the memory
    image.load()
    if image.mode in DEEP_MODES:
        image = Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
    elif "transparency" in image.info or image.mode in PALETTE_MODES:
        image = image.convert("RGBA")
    elif image.mode == "1":
        image = image.convert("L")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    return np.array(image if image.mode == "L" else image.convert("RGBA"), np.uint8)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a broken note about the picture is no reason to refuse the picture
        return 1


def _too_many_pixels(found: str, max_pixels: int) -> PlaygroundError:
    return PlaygroundError(
        f"The picture has {found} pixels.",
        f"At most {max_pixels / 1e6:g} million are allowed.",
        "Save it smaller, or crop it to the digit.",
    )


def _damaged() -> PlaygroundError:
    return PlaygroundError(
        "The picture is damaged or cut short.",
        "A whole picture file was expected.",
        "Save or download it again, and choose it once more.",
    )


def _unreadable(data: bytes) -> PlaygroundError:
    starts = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")
    if data.startswith(starts) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return _damaged()
    mend = "Save it as PNG or JPEG and choose it again."
    if data[4:8] == b"ftyp":
        mend = "Photos of some telephones are HEIC files: save or send the photo as JPEG, and choose that."
    return PlaygroundError("This file is not a picture that can be read here.", f"Expected was {SHOWN_FORMATS}.", mend)
