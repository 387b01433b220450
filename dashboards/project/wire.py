"""uvicorn's WebSocket with one thing more: frames that were put into their wire form once for all.

A frame from the server is not masked and, without compression, the same bytes for every socket.
Framing it per socket was most of what an event cost with a thousand of them.
"""

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from alerts.gateways.frames import READY_FRAMES


class SharedFrames(WebSocketsSansIOProtocol):
    """Takes `websocket.send` with ready `frames` beside the usual messages, and says so in the scope."""

    def handle_connect(self, event: Any) -> None:
        """Tell the application what it may send, then greet as usual."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][READY_FRAMES] = {"write": self.write_frames}

    def write_frames(self, frames: bytes) -> bool:
        """Write ready frames at once; false when the network or the connection does not take them."""
        if self.disconnected or self.close_sent or not self.writable.is_set():
            return False
        self.transport.write(frames)
        return True

    async def send(self, message: Any) -> None:
        """Write ready frames as soon as the network takes them; leave everything else to uvicorn."""
        frames = message.get("frames")
        if frames is None:
            await super().send(message)
            return
        while not self.write_frames(frames):
            if self.disconnected or self.close_sent:
                raise ClientDisconnected
            await self.writable.wait()
