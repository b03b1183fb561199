"""What two or more of Cargohold's functions share."""

__version__ = "0.1.0"
