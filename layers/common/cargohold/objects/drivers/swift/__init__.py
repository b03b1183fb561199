"""Objects in OpenStack Swift."""
