"""The face for programs that speak ActivityPub itself (client to server, section 6)."""
