"""Data exports: jobs that Mews runs, and the signed files that come of them."""
