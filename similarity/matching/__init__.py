"""Comparing two pictures: local features, a homography, and whether the pixels agree under it."""
