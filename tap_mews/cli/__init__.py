"""What a person sees: the command, the progress bar, the report."""
