"""What both readers promise: windows, bookmarks, order."""
