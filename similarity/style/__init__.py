"""The mathematics of the style audit: plain numbers in, plain numbers out."""
