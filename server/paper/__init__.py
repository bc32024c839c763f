"""What was seen, on paper: one self-contained HTML file of a session or of a machine's report."""
