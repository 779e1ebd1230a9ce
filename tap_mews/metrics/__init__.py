"""What is counted of a read, once."""
