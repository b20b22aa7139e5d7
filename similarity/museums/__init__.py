"""What museums publish about their works, read into one shape. Facts only; pure but for what touches files."""
