"""Drills: what a real server does when what it stands on fails, and what is lost by it."""
