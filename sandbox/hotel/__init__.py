"""The hotels whose data the platform holds."""
