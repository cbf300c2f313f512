"""Uploaded files, real and hostile, made here with Pillow or by hand."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from playground.drawing import prepare
from playground.errors import PlaygroundError
from playground.uploads import LONGEST_SIDE, read_image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def noise(mode: str = "RGB", size: tuple[int, int] = (80, 60)) -> Image.Image:
    shape = (size[1], size[0], 3)
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, shape, np.uint8)).convert(mode)


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_allowed_format_is_read_at_its_size(file_format: str) -> None:
    pixels = read_image(encoded(noise(), file_format))
    assert pixels.shape == (60, 80, 4)
    assert pixels.dtype == np.uint8


def test_a_grey_picture_is_read_exactly() -> None:
    image = noise("L")
    assert np.array_equal(read_image(encoded(image, "PNG")), np.asarray(image))


@pytest.mark.parametrize(
    ("mode", "file_format", "shape"),
    [
        ("1", "PNG", (60, 80)),
        ("L", "PNG", (60, 80)),
        ("LA", "PNG", (60, 80, 4)),
        ("P", "PNG", (60, 80, 4)),
        ("P", "GIF", (60, 80, 4)),
        ("CMYK", "JPEG", (60, 80, 4)),
        ("RGBA", "WEBP", (60, 80, 4)),
        ("RGBA", "PNG", (60, 80, 4)),
    ],
)
def test_every_mode_of_colour_is_brought_to_grey_or_rgba(mode: str, file_format: str, shape: tuple[int, ...]) -> None:
    assert read_image(encoded(noise(mode), file_format)).shape == shape


def test_sixteen_bits_are_scaled_to_eight_and_not_cut_off() -> None:
    levels = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    pixels = read_image(encoded(Image.fromarray(levels), "PNG"))
    assert np.array_equal(pixels, levels // 256)


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_colour_that_is_marked_transparent_becomes_transparent(mode: str) -> None:
    image = Image.new("RGB", (4, 4), "white").convert(mode)
    corner = image.getpixel((0, 0))
    image.putpixel((1, 1), 0 if mode != "RGB" else (0, 0, 0))
    alpha = read_image(encoded(image, "PNG", transparency=corner))[:, :, 3]
    assert alpha[1, 1] == 255
    assert alpha.sum() == 255


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("L", (9, 7), level) for level in (40, 120, 240)]
    pixels = read_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (pixels[:, :, 0] == 40).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_on_its_side_is_turned_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(noise("L"), "PNG", exif=exif)
    assert np.array_equal(read_image(data), np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))))


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_large_picture_is_reduced(file_format: str) -> None:
    pixels = read_image(encoded(Image.new("RGB", (3000, 1500), "white"), file_format), max_bytes=10**8)
    assert max(pixels.shape) <= LONGEST_SIDE
    assert min(pixels[:, :, :3].ravel()) >= 254


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_hundred_megapixels_are_refused_from_the_header_alone(file_format: str) -> None:
    if file_format == "WEBP":
        data = encoded(Image.new("RGB", (10_000, 10_000)), "WEBP", quality=0, method=0)
    else:
        data = encoded(Image.new("1", (10_000, 10_000)), file_format)[:2000]
    with pytest.raises(PlaygroundError, match=r"100\.0 million pixels\. At most \d+ million"):
        read_image(data, max_bytes=10**9)


def test_a_bomb_that_names_a_monstrous_size_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 99))]
    parts = [struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks]
    with pytest.raises(PlaygroundError, match="million"):
        read_image(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def test_a_file_over_the_limit_is_refused_with_both_numbers() -> None:
    with pytest.raises(PlaygroundError, match=r"2\.0 MB\. At most 1\.5 MB"):
        read_image(b"\0" * 2_000_000, max_bytes=1_500_000)


def test_the_server_settings_are_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_UPLOAD_MEGAPIXELS", "1")
    with pytest.raises(PlaygroundError, match="At most 1 million"):
        read_image(encoded(Image.new("L", (1001, 1000)), "PNG"))
    monkeypatch.setenv("PLAYGROUND_MAX_UPLOAD_MB", "1")
    with pytest.raises(PlaygroundError, match="At most 1 MB"):
        read_image(b"\0" * 1_000_001)


@pytest.mark.parametrize(
    "data",
    [b"hello", b"\0" * 500, b"%PDF-1.7 ...", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"PK\x03\x04" + b"\0" * 99],
    ids=["text", "zeros", "pdf", "svg", "zip"],
)
def test_what_is_no_picture_is_refused_with_the_formats_named(data: bytes) -> None:
    with pytest.raises(PlaygroundError, match="not a picture.*PNG, JPEG, GIF, BMP or WebP"):
        read_image(data)


def test_a_format_that_pillow_knows_but_is_not_allowed_is_refused() -> None:
    with pytest.raises(PlaygroundError, match="not a picture"):
        read_image(encoded(noise(), "TIFF"))


def test_a_telephone_photo_in_heic_is_told_what_to_do() -> None:
    with pytest.raises(PlaygroundError, match="HEIC.*JPEG"):
        read_image(b"\0\0\0\x18ftypheic" + b"\0" * 99)


def test_an_empty_file_is_named() -> None:
    with pytest.raises(PlaygroundError, match="empty"):
        read_image(b"")


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_a_truncated_file_is_named(file_format: str, share: float) -> None:
    data = encoded(noise(), file_format)
    with pytest.raises(PlaygroundError, match="damaged or cut short"):
        read_image(data[: max(12, int(share * len(data)))])


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("file_format", FORMATS)
def test_scrambled_bytes_never_give_another_error(file_format: str) -> None:
    random = np.random.default_rng(3)
    original = np.frombuffer(encoded(noise(size=(20, 20)), file_format), np.uint8)
    for _ in range(150):
        data = original.copy()
        data[random.integers(0, min(len(data), 200), 6)] = random.integers(0, 256, 6)
        try:
            assert read_image(data.tobytes(), max_pixels=1_000_000).dtype == np.uint8
        except PlaygroundError:
            continue


def test_an_uploaded_drawing_can_be_prepared_at_once() -> None:
    image = Image.new("RGB", (2000, 1400), "white")
    image.paste("navy", (900, 200, 1000, 1200))
    prepared = prepare(read_image(encoded(image, "JPEG", quality=60)))
    rows, columns = np.nonzero(prepared.image)
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 in (2, 3)
