"""Files that a browser keeps: for good where the address is made from the content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
GONE = "This page is older than the server: load it again."


@dataclass(frozen=True)
class Content:
    """A file, compressed once for everybody."""

    digest: str  # of its content: other content has another
    compressed: bytes
    media_type: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Content:
        return cls(cls.digest_of(content), gzip.compress(content, mtime=0), media_type)

    @staticmethod
    def digest_of(content: bytes) -> str:
        """What tells the content from other content, in hexadecimal."""
        return hashlib.sha256(content).hexdigest()[:16]

    def answer(self, request: Request, kept: Mapping[str, str] = FOR_GOOD) -> Response:
        """The file for who asks for it: nothing where it is known, else compressed if it may be.

        Args:
            kept: the header that says how long a browser keeps it.
        """
        tag = f'"{self.digest}"'
        headers = {**kept, "ETag": tag, "Vary": "Accept-Encoding"}
        known = request.headers.get("If-None-Match", "")
        if tag in (given.strip().removeprefix("W/") for given in known.split(",")):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self.compressed, media_type=self.media_type, headers=headers)
        content = gzip.decompress(self.compressed)
        return Response(content, media_type=self.media_type, headers=headers)


def gone() -> Response:
    """The answer where the server has other content by now."""
    return PlainTextResponse(GONE, 404, headers={"Cache-Control": "no-store"})
