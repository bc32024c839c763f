"""What a session is on disk: head, log and tick, so that nothing acknowledged is ever lost."""
