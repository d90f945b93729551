"""What a curve will do beyond its last point, and how much of that its own past supports."""
