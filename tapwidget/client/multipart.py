"""A multipart form that is sent as a stream: the tables to be uploaded are never copied into one body.

Source: RFC 7578 (multipart/form-data); TAP 1.1, section 2.7.6 (UPLOAD=name,param:name).
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping

from tapwidget.client.encoded import Encoded

VOTABLE_TYPE = "application/x-votable+xml"


class Multipart(io.RawIOBase):
    """A readable, rewindable body made of parts. Give it to requests as `data`, with its `content_type` as header."""

    def __init__(self, fields: Mapping[str, str], files: Mapping[str, bytes | Encoded]) -> None:
        super().__init__()
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._pieces: list[memoryview | Encoded] = []
        for name, value in fields.items():
            self._add(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        for name, content in files.items():
            self._add(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.vot"\r\n'
                f"Content-Type: {VOTABLE_TYPE}\r\n\r\n".encode()
            )
            self._add(content)
            self._add(b"\r\n")
        self._add(f"--{boundary}--\r\n".encode())
        self._size = sum(len(piece) for piece in self._pieces)
        self._position = 0

    def __len__(self) -> int:
        """Length of the whole body: requests takes the Content-Length from it."""
        return self._size

    def __bool__(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = min(max(0, start + offset), self._size)
        return self._position

    def readinto(self, buffer: object) -> int:
        into = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        done = 0
        at = 0  # where the piece at hand begins in the body
        for piece in self._pieces:
            offset = self._position - at
            at += len(piece)
            if offset >= len(piece):
                continue
            count = min(len(piece) - offset, len(into) - done)
            found = piece.read(offset, count) if isinstance(piece, Encoded) else piece[offset : offset + count]
            into[done : done + count] = found
            self._position += count
            done += count
            if done == len(into):
                break
        return done

    def _add(self, content: bytes | Encoded) -> None:
        if len(content):
            self._pieces.append(content if isinstance(content, Encoded) else memoryview(content))
