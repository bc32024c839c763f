"""The protocol of docs/PROTOCOL.md: frames, text messages, configurations; pure."""
